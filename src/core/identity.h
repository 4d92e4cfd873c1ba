/* What an identity signs, and how a signature is checked. */
#ifndef HOWCOIN_CORE_IDENTITY_H
#define HOWCOIN_CORE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "howcoin/identity.h"

void identity_sign(const struct hc_identity *identity, uint8_t signature[static HC_SIGNATURE_BYTES],
                   const uint8_t *message, size_t bytes);
bool signature_verify(const uint8_t signature[static HC_SIGNATURE_BYTES], const uint8_t *message, size_t bytes,
                      const uint8_t id[static HC_ID_BYTES]);

/* For simulations of many nodes in one process, and nothing else: from now on a signature is a hash under the signer's id,
 * a hundred times cheaper. A wrong one still fails, but whoever knows an id can make a right one. */
void signatures_simulate(bool simulate);

/* The proof that a node is alive and who it is (P9): its signature over the tag, the network, the requester's
 * nonce and the requester's id. */
void proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                const uint8_t network[static HC_NETWORK_BYTES], const uint8_t nonce[static HC_NONCE_BYTES],
                const uint8_t requester[static HC_ID_BYTES]);
bool proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const uint8_t network[static HC_NETWORK_BYTES],
                  const uint8_t nonce[static HC_NONCE_BYTES], const uint8_t requester[static HC_ID_BYTES],
                  const uint8_t responder[static HC_ID_BYTES]);

#endif
