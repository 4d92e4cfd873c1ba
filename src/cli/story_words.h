/* The story of a node in words, out of what another one answers to `why`. Pure, like view.h. */
#ifndef HOWCOIN_CLI_STORY_WORDS_H
#define HOWCOIN_CLI_STORY_WORDS_H

#include <cjson/cJSON.h>

#include "cli/textbuf.h"

void story_words(struct textbuf *buf, const cJSON *answer);

#endif
