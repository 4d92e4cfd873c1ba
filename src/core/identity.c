#include "howcoin/identity.h"

#include <sodium.h>
#include <string.h>

static_assert(ID_BYTES == crypto_sign_PUBLICKEYBYTES && SECRET_BYTES == crypto_sign_SECRETKEYBYTES &&
                  SEED_BYTES == crypto_sign_SEEDBYTES && SIGNATURE_BYTES == crypto_sign_BYTES,
              "our sizes are Ed25519's");

static const char proof_tag[] = "howcoin proof 1\n";
#define PROOF_MESSAGE_BYTES (sizeof proof_tag - 1 + NETWORK_BYTES + NONCE_BYTES + ID_BYTES)

void identity_from_seed(struct identity *identity, const uint8_t seed[static SEED_BYTES])
{
    crypto_sign_seed_keypair(identity->id, identity->secret, seed);
}

void identity_wipe(struct identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

static bool simulated;

void signatures_simulate(bool simulate)
{
    simulated = simulate;
}

/* What stands for a signature in a simulation: a hash under the signer's id. */
static void signature_simulate(uint8_t signature[static SIGNATURE_BYTES], const uint8_t *message, size_t bytes,
                               const uint8_t id[static ID_BYTES])
{
    crypto_generichash(signature, SIGNATURE_BYTES, message, bytes, id, ID_BYTES);
}

void identity_sign(const struct identity *identity, uint8_t signature[static SIGNATURE_BYTES], const uint8_t *message,
                   size_t bytes)
{
    if (simulated) {
        signature_simulate(signature, message, bytes, identity->id);
        return;
    }
    crypto_sign_detached(signature, NULL, message, bytes, identity->secret);
}

bool signature_verify(const uint8_t signature[static SIGNATURE_BYTES], const uint8_t *message, size_t bytes,
                      const uint8_t id[static ID_BYTES])
{
    if (simulated) {
        uint8_t expected[SIGNATURE_BYTES];
        signature_simulate(expected, message, bytes, id);
        return memcmp(expected, signature, SIGNATURE_BYTES) == 0;
    }
    return crypto_sign_verify_detached(signature, message, bytes, id) == 0;
}

static void proof_message(uint8_t out[static PROOF_MESSAGE_BYTES], const uint8_t *network, const uint8_t *nonce,
                          const uint8_t *requester)
{
    memcpy(out, proof_tag, sizeof proof_tag - 1);
    out += sizeof proof_tag - 1;
    memcpy(out, network, NETWORK_BYTES);
    memcpy(out + NETWORK_BYTES, nonce, NONCE_BYTES);
    memcpy(out + NETWORK_BYTES + NONCE_BYTES, requester, ID_BYTES);
}

void proof_make(const struct identity *identity, uint8_t proof[static SIGNATURE_BYTES],
                const uint8_t network[static NETWORK_BYTES], const uint8_t nonce[static NONCE_BYTES],
                const uint8_t requester[static ID_BYTES])
{
    uint8_t message[PROOF_MESSAGE_BYTES];
    proof_message(message, network, nonce, requester);
    identity_sign(identity, proof, message, sizeof message);
}

bool proof_verify(const uint8_t proof[static SIGNATURE_BYTES], const uint8_t network[static NETWORK_BYTES],
                  const uint8_t nonce[static NONCE_BYTES], const uint8_t requester[static ID_BYTES],
                  const uint8_t responder[static ID_BYTES])
{
    uint8_t message[PROOF_MESSAGE_BYTES];
    proof_message(message, network, nonce, requester);
    return signature_verify(proof, message, sizeof message, responder);
}
