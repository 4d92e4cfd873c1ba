/* The form of every answer on the control socket: {"ok":true,...}, or {"ok":false,"error":CODE,"message":WORDS}. */
#ifndef HOWCOIN_DAEMON_CONTROL_ANSWER_H
#define HOWCOIN_DAEMON_CONTROL_ANSWER_H

#include "daemon/json.h"
#include "howcoin/error.h"

/* Errors that are the control socket's own. */
#define ANSWER_BAD_REQUEST "bad_request"
#define ANSWER_LEAVING "leaving"
#define ANSWER_TIMEOUT "timeout"

/* Begins an answer: HC_OK, or why not. HC_BAD_FRAME: the request is not well made. `words` NULL: those of the code. */
void answer_begin(struct json *json, enum hc_code code, const char *words);

/* Whole lines with their end, to be freed with free(); NULL if memory ran out. */
char *answer_ok(void) HC_MUST_USE;
char *answer_error(const char *error, const char *words) HC_MUST_USE;

#endif
