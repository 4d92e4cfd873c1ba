/* Who a node is: an Ed25519 key pair (RFC 8032), and what it signs.
 *
 * Every kind of signed thing begins with a tag of its own (R4), so that a signature of one kind never
 * passes for another.
 */
#ifndef HOWCOIN_IDENTITY_H
#define HOWCOIN_IDENTITY_H

#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call it first, before anything else of this library, once in a process; more often is harmless. HC_SYSTEM: libsodium cannot
 * work here. */
HC_API enum hc_code hc_init(void) HC_MUST_USE;

struct hc_identity {
    uint8_t id[HC_ID_BYTES];         /* the public key, by which everybody knows the node */
    uint8_t secret[HC_SECRET_BYTES]; /* never leaves the process; wiped by hc_identity_wipe */
};

HC_API void hc_identity_from_seed(struct hc_identity *identity, const uint8_t seed[HC_AT_LEAST(HC_SEED_BYTES)]);
HC_API void hc_identity_wipe(struct hc_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
