/* The links of a node as people see them, out of what the node answers to `links`. Pure, like view.h. */
#ifndef HOWCOIN_CLI_LINKS_TABLE_H
#define HOWCOIN_CLI_LINKS_TABLE_H

#include <cjson/cJSON.h>

#include "cli/textbuf.h"
#include "cli/view_text.h"

void links_table(struct textbuf *buf, const cJSON *answer, const struct view_style *style);

#endif
