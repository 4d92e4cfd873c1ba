/* Signatures are libsodium's; what they cover is put together here and in row.c. */
#include "core/rows/identity.h"

#include <sodium.h>
#include <string.h>

#include "core/common/bytes.h"
#include "core/common/error.h"
#include "core/rows/network.h"

static_assert(HC_ID_BYTES == crypto_sign_PUBLICKEYBYTES, "ids are Ed25519's public keys");
static_assert(HC_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "and secrets its secret keys");
static_assert(HC_SEED_BYTES == crypto_sign_SEEDBYTES, "and seeds its seeds");
static_assert(HC_SIGNATURE_BYTES == crypto_sign_BYTES, "and signatures its signatures");

static const char proof_tag[] = "howcoin proof 1\n";
static const char link_proof_tag[] = "howcoin link 1\n";
#define LINK_PROOF_MESSAGE_BYTES (sizeof link_proof_tag - 1 + HC_NETWORK_BYTES + 2 * HC_NONCE_BYTES + HC_ID_BYTES)
#define PROOF_MESSAGE_BYTES (sizeof proof_tag - 1 + HC_NETWORK_BYTES + HC_NONCE_BYTES + HC_ID_BYTES)

enum hc_code hc_init(void)
{
    return sodium_init() < 0 ? HC_SYSTEM : HC_OK;
}

void hc_identity_from_seed(struct hc_identity *identity, const uint8_t seed[static HC_SEED_BYTES])
{
    ASSERT(identity && seed);
    crypto_sign_seed_keypair(identity->id, identity->secret, seed);
}

void hc_identity_wipe(struct hc_identity *identity)
{
    ASSERT(identity);
    sodium_memzero(identity, sizeof *identity);
}

/* What stands for a signature in a simulated network: a hash under the signer's id. */
static void signature_simulate(uint8_t signature[static HC_SIGNATURE_BYTES], const uint8_t *message, size_t bytes,
                               const uint8_t id[static HC_ID_BYTES])
{
    CHECK(crypto_generichash(signature, HC_SIGNATURE_BYTES, message, bytes, id, HC_ID_BYTES) == 0);
}

void identity_sign(const struct hc_identity *identity, uint8_t signature[static HC_SIGNATURE_BYTES],
                   const struct hc_network *network, const uint8_t *message, size_t bytes)
{
    ASSERT(identity && network && message && bytes > 0);
    if (network->simulated) {
        signature_simulate(signature, message, bytes, identity->id);
        return;
    }
    CHECK(crypto_sign_detached(signature, NULL, message, bytes, identity->secret) == 0);
}

bool signature_verify(const uint8_t signature[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                      const uint8_t *message, size_t bytes, const uint8_t id[static HC_ID_BYTES])
{
    ASSERT(signature && network && message && bytes > 0 && id);
    if (network->simulated) {
        uint8_t expected[HC_SIGNATURE_BYTES];
        signature_simulate(expected, message, bytes, id);
        return memcmp(expected, signature, HC_SIGNATURE_BYTES) == 0;
    }
    return crypto_sign_verify_detached(signature, message, bytes, id) == 0;
}

static void proof_message(uint8_t out[static PROOF_MESSAGE_BYTES], const struct hc_network *network,
                          const uint8_t *nonce, const uint8_t *requester)
{
    uint8_t *to = bytes_put(out, proof_tag, sizeof proof_tag - 1);
    to = bytes_put(to, network->id, HC_NETWORK_BYTES);
    to = bytes_put(to, nonce, HC_NONCE_BYTES);
    to = bytes_put(to, requester, HC_ID_BYTES);
    ASSERT(to == out + PROOF_MESSAGE_BYTES);
}

void proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                const struct hc_network *network, const uint8_t nonce[static HC_NONCE_BYTES],
                const uint8_t requester[static HC_ID_BYTES])
{
    uint8_t message[PROOF_MESSAGE_BYTES];
    proof_message(message, network, nonce, requester);
    identity_sign(identity, proof, network, message, sizeof message);
}

bool proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                  const uint8_t nonce[static HC_NONCE_BYTES], const uint8_t requester[static HC_ID_BYTES],
                  const uint8_t responder[static HC_ID_BYTES])
{
    uint8_t message[PROOF_MESSAGE_BYTES];
    proof_message(message, network, nonce, requester);
    return signature_verify(proof, network, message, sizeof message, responder);
}

static void link_proof_message(uint8_t out[static LINK_PROOF_MESSAGE_BYTES], const struct hc_network *network,
                               const uint8_t *hello_nonce, const uint8_t *welcome_nonce, const uint8_t *opened_to)
{
    uint8_t *to = bytes_put(out, link_proof_tag, sizeof link_proof_tag - 1);
    to = bytes_put(to, network->id, HC_NETWORK_BYTES);
    to = bytes_put(to, hello_nonce, HC_NONCE_BYTES);
    to = bytes_put(to, welcome_nonce, HC_NONCE_BYTES);
    to = bytes_put(to, opened_to, HC_ID_BYTES);
    ASSERT(to == out + LINK_PROOF_MESSAGE_BYTES);
}

void link_proof_make(const struct hc_identity *identity, uint8_t proof[static HC_SIGNATURE_BYTES],
                     const struct hc_network *network, const uint8_t hello_nonce[static HC_NONCE_BYTES],
                     const uint8_t welcome_nonce[static HC_NONCE_BYTES], const uint8_t opened_to[static HC_ID_BYTES])
{
    uint8_t message[LINK_PROOF_MESSAGE_BYTES];
    link_proof_message(message, network, hello_nonce, welcome_nonce, opened_to);
    identity_sign(identity, proof, network, message, sizeof message);
}

bool link_proof_verify(const uint8_t proof[static HC_SIGNATURE_BYTES], const struct hc_network *network,
                       const uint8_t hello_nonce[static HC_NONCE_BYTES],
                       const uint8_t welcome_nonce[static HC_NONCE_BYTES], const uint8_t opened_to[static HC_ID_BYTES],
                       const uint8_t opener[static HC_ID_BYTES])
{
    uint8_t message[LINK_PROOF_MESSAGE_BYTES];
    link_proof_message(message, network, hello_nonce, welcome_nonce, opened_to);
    return signature_verify(proof, network, message, sizeof message, opener);
}
