/* The keys of a message (W2). A new one takes a line here, a reader in wire_decode.c, and a writer in wire_encode.c.
 * Keys that are not listed are skipped (W4).
 */
#ifndef HOWCOIN_CORE_WIRE_KEYS_H
#define HOWCOIN_CORE_WIRE_KEYS_H

/* What `type` says. Of gossip, a request has a nonce and a reply has a proof. */
#define TYPE_GOSSIP "gossip"
#define TYPE_ERROR "error"
#define IN_NONE 0u
#define IN_GOSSIP 1u
#define IN_ERROR 2u
#define IN_BOTH (IN_GOSSIP | IN_ERROR)

/* The key; its name; in which types it must be there; in which it may be; its reader. They are read in this order: what
 * message this is; who sent it; what it says. */
#define MESSAGE_KEYS(X)                                         \
    X(KEY_VERSION, "howcoin", IN_BOTH, IN_NONE, version_read)   \
    X(KEY_TYPE, "type", IN_BOTH, IN_NONE, type_read)            \
    X(KEY_FROM, "from", IN_GOSSIP, IN_ERROR, from_read)         \
    X(KEY_NETWORK, "network", IN_GOSSIP, IN_NONE, network_read) \
    X(KEY_NONCE, "nonce", IN_NONE, IN_GOSSIP, nonce_read)       \
    X(KEY_PROOF, "proof", IN_NONE, IN_BOTH, proof_read)         \
    X(KEY_REACHED, "reached", IN_NONE, IN_GOSSIP, reached_read) \
    X(KEY_ROWS, "rows", IN_GOSSIP, IN_NONE, live_read)          \
    X(KEY_DROPPED, "dropped", IN_NONE, IN_GOSSIP, gone_read)    \
    X(KEY_AGES, "ages", IN_NONE, IN_GOSSIP, ages_read)          \
    X(KEY_FORKS, "forks", IN_NONE, IN_GOSSIP, forks_read)       \
    X(KEY_CODE, "code", IN_ERROR, IN_NONE, code_read)           \
    X(KEY_MESSAGE, "message", IN_NONE, IN_ERROR, text_read)

enum message_key {
#define X(key, name, required, optional, read) key,
    MESSAGE_KEYS(X)
#undef X
        KEY_COUNT
};

#endif
