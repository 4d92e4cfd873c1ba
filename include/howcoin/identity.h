/* Who a node is: an Ed25519 key pair (RFC 8032), and what it signs.
 *
 * Every kind of signed thing begins with a tag of its own (R4), so that a signature of one kind never
 * passes for another.
 */
#ifndef HOWCOIN_IDENTITY_H
#define HOWCOIN_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "howcoin/limits.h"

struct identity {
    uint8_t id[ID_BYTES];         /* the public key, by which everybody knows the node */
    uint8_t secret[SECRET_BYTES]; /* never leaves the process; wiped by identity_wipe */
};

void identity_from_seed(struct identity *identity, const uint8_t seed[static SEED_BYTES]);
void identity_wipe(struct identity *identity);

void identity_sign(const struct identity *identity, uint8_t signature[static SIGNATURE_BYTES], const uint8_t *message,
                   size_t bytes);
bool signature_verify(const uint8_t signature[static SIGNATURE_BYTES], const uint8_t *message, size_t bytes,
                      const uint8_t id[static ID_BYTES]);

/* For simulations of many nodes in one process, and nothing else: from now on a signature is a hash under the signer's id,
 * a hundred times cheaper. A wrong one still fails, but whoever knows an id can make a right one. */
void signatures_simulate(bool simulate);

/* The proof that a node is alive and who it is (P9): its signature over the tag, the network, the requester's
 * nonce and the requester's id. */
void proof_make(const struct identity *identity, uint8_t proof[static SIGNATURE_BYTES],
                const uint8_t network[static NETWORK_BYTES], const uint8_t nonce[static NONCE_BYTES],
                const uint8_t requester[static ID_BYTES]);
bool proof_verify(const uint8_t proof[static SIGNATURE_BYTES], const uint8_t network[static NETWORK_BYTES],
                  const uint8_t nonce[static NONCE_BYTES], const uint8_t requester[static ID_BYTES],
                  const uint8_t responder[static ID_BYTES]);

#endif
