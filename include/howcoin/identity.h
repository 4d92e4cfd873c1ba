/* Who a node is: an Ed25519 key pair (RFC 8032).
 *
 * All that a node signs begins with a tag that says what it is (R4), so that a signature of one kind never passes
 * for one of another kind. The functions here keep nothing; any thread may call them.
 */
#ifndef HOWCOIN_IDENTITY_H
#define HOWCOIN_IDENTITY_H

#include <stdint.h>

#include "howcoin/error.h"
#include "howcoin/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call it before anything else of this library, and before other threads use it. Once in a process is enough, more often is
 * harmless. HC_SYSTEM: libsodium cannot work on this machine. */
HC_API enum hc_code hc_init(void) HC_MUST_USE;

struct hc_identity {
    uint8_t id[HC_ID_BYTES];         /* the public key, by which all other nodes know this one */
    uint8_t secret[HC_SECRET_BYTES]; /* never leaves the process */
};

/* Makes the key pair of a seed, which the caller draws from a good source, keeps secret, and wipes. A seed is one
 * node: never run two nodes of one seed. Never fails. */
HC_API void hc_identity_from_seed(struct hc_identity *identity, const uint8_t seed[HC_AT_LEAST(HC_SEED_BYTES)]);
/* Overwrites it with zeros, secret and all. Each copy needs that; hc_node_new makes its own, and wipes it. */
HC_API void hc_identity_wipe(struct hc_identity *identity);

#ifdef __cplusplus
}
#endif

#endif
