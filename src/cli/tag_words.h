/* Tags as people read them: role=db, note="two words". */
#ifndef HOWCOIN_CLI_TAG_WORDS_H
#define HOWCOIN_CLI_TAG_WORDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "cli/textbuf.h"
#include "core/rows/row.h"

/* Both add nothing and return false if there are none. */
bool tag_words(struct textbuf *buf, const struct hc_row_fields *fields);
/* Of the object `tags` in what a node answered. */
bool tag_words_json(struct textbuf *buf, const cJSON *tags);

#endif
