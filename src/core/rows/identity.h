/* How things are signed and checked; and the proof of a reply (P9). */
#ifndef HOWCOIN_CORE_IDENTITY_H
#define HOWCOIN_CORE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/common/limits.h"
#include "howcoin/identity.h"
#include "howcoin/network.h"

/* The network object decides on the scheme: Ed25519, or that of simulations (network.h). The message has to name
 * the network itself (R4): the signature does not. */
void identity_sign(const struct hc_identity *identity, uint8_t signature[static HC_SIGNATURE_BYTES],
                   const struct hc_network *network, const uint8_t *message, size_t bytes);
bool signature_verify(const uint8_t signature[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                      const uint8_t *message, size_t bytes, const uint8_t id[static HC_ID_BYTES]);

/* The proof that a node is alive and is the one it says it is (P9): its signature over a tag, the network, the
 * requester's nonce and the requester's id. */
void proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                const struct hc_network *network, const uint8_t nonce[static HC_NONCE_BYTES],
                const uint8_t requester[static HC_ID_BYTES]);
bool proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                  const uint8_t nonce[static HC_NONCE_BYTES], const uint8_t requester[static HC_ID_BYTES],
                  const uint8_t responder[static HC_ID_BYTES]);

/* The proof of the node that opened a link (K2): its signature over a tag of its own, the network, both nonces, and the id of
 * the node that it opened the link to. No answer to a request can be passed off as one. */
void link_proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                     const struct hc_network *network, const uint8_t hello_nonce[static HC_NONCE_BYTES],
                     const uint8_t welcome_nonce[static HC_NONCE_BYTES], const uint8_t opened_to[static HC_ID_BYTES]);
bool link_proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                       const uint8_t hello_nonce[static HC_NONCE_BYTES],
                       const uint8_t welcome_nonce[static HC_NONCE_BYTES], const uint8_t opened_to[static HC_ID_BYTES],
                       const uint8_t opener[static HC_ID_BYTES]);

#endif
