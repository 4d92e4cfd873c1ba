/* Greetings (K2): how a connection other than the simple form's begins. What a hello and a welcome say of their sender, and
 * what becomes of that once it has proved who it is.
 */
#ifndef HOWCOIN_CORE_GREETING_H
#define HOWCOIN_CORE_GREETING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node/base.h"
#include "core/node/own.h"

/* Fills in a hello with a new nonce, for `member` (NULL: unknown). */
void greeting_hello(struct hc_message *hello, struct base *base, const struct member *member, bool keep);
/* Fills in the welcome to a hello; with `keep` also its nonce. */
void greeting_welcome(struct hc_message *welcome, struct base *base, const struct member *member,
                      const struct hc_message *hello, bool keep);
/* Takes note of what a greeting says whose sender, `member`, has proved itself. */
void greeting_heard(struct base *base, const struct own *own, struct member *member, const struct hc_message *greeting,
                    struct hc_effects *effects);

/* It had dropped us, or still does, and has proved itself: people are told once of each time. */
void greeting_accuses(struct base *base, const struct own *own, struct member *member, enum hc_code why, uint32_t ago_s,
                      struct hc_effects *effects);

/* Whether what a member told last, rows_digest, is our table; it is noted. */
bool greeting_compare(const struct base *base, struct member *member, const uint8_t rows[static HC_DIGEST_BYTES]);

#endif
