/* What the control socket reads and writes about tags. docs/CONTROL.md describes it. */
#ifndef HOWCOIN_DAEMON_CONTROL_TAG_H
#define HOWCOIN_DAEMON_CONTROL_TAG_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/node.h"
#include "howcoin/row.h"

/* Reads the changes of a `tag`. HC_BAD_FRAME: the request is not well made; HC_BAD_TAG. */
enum hc_code tag_request_read(struct hc_tags *changes, const cJSON *request, struct hc_fault *fault) HC_MUST_USE;
/* A line with its end, to be freed with free(); NULL if memory ran out. `words` may be NULL: those of the code. */
char *tag_answer_line(enum hc_code code, uint64_t version, const char *words, const struct hc_node *node);

#endif
