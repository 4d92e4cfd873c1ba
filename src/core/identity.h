/* What an identity signs, and how a signature is checked. */
#ifndef HOWCOIN_CORE_IDENTITY_H
#define HOWCOIN_CORE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "howcoin/identity.h"
#include "howcoin/network.h"

/* The network decides how is signed: with Ed25519, or as a simulation does it (network.h). What is signed names the network
 * in itself (R4). */
void identity_sign(const struct hc_identity *identity, uint8_t signature[static HC_SIGNATURE_BYTES],
                   const struct hc_network *network, const uint8_t *message, size_t bytes);
bool signature_verify(const uint8_t signature[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                      const uint8_t *message, size_t bytes, const uint8_t id[static HC_ID_BYTES]);

/* The proof that a node is alive and is the one it says it is (P9): its signature over a tag, the network, the requester's
 * nonce and the requester's id. */
void proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                const struct hc_network *network, const uint8_t nonce[static HC_NONCE_BYTES],
                const uint8_t requester[static HC_ID_BYTES]);
bool proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                  const uint8_t nonce[static HC_NONCE_BYTES], const uint8_t requester[static HC_ID_BYTES],
                  const uint8_t responder[static HC_ID_BYTES]);

#endif
