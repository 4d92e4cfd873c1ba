/* The keys of messages (W2, K2-K9). A new one takes a line here, and what the line names: its reader, declared in
 * wire_read.h, and its writer, declared in wire_write.h. Keys that are not listed are skipped (W4).
 */
#ifndef HOWCOIN_CORE_WIRE_KEYS_H
#define HOWCOIN_CORE_WIRE_KEYS_H

#include "howcoin/wire.h"

/* What `type` says of a request and of a reply; of all others it says hc_message_type_name. */
#define TYPE_GOSSIP "gossip"

/* Types as bits. */
#define IN(type) (1u << HC_MESSAGE_##type)
#define IN_NONE 0u
#define IN_GOSSIP (IN(REQUEST) | IN(REPLY))
#define IN_GREETING (IN(HELLO) | IN(WELCOME))
/* Those that may begin a connection, or refuse one, and say the version. */
#define IN_FIRST (IN_GOSSIP | IN(ERROR) | IN_GREETING)
/* Those with rows, and those with words. */
#define IN_STATE (IN_GOSSIP | IN(NEWS) | IN(ROWS))
#define IN_WORDS (IN(NEWS) | IN(BUCKETS) | IN(LIST) | IN(WANT))
#define IN_ALL (IN(UNKNOWN) | (IN(UNKNOWN) - 1))

/* The key; its name; in which types it must be there; in which it may be; its reader and its writer. They are read in this
 * order: what message this is; who sent it; what it says. So they are written. */
#define MESSAGE_KEYS(X)                                                                            \
    X(KEY_VERSION, "howcoin", IN_FIRST, IN_ALL, version_read, version_put)                         \
    X(KEY_TYPE, "type", IN_ALL, IN_NONE, type_read, type_put)                                      \
    X(KEY_HIGHEST, "highest", IN_NONE, IN(HELLO), highest_read, highest_put)                       \
    X(KEY_CODE, "code", IN(ERROR), IN_NONE, code_read, code_put)                                   \
    X(KEY_MESSAGE, "message", IN_NONE, IN(ERROR), text_read, text_put)                             \
    X(KEY_NETWORK, "network", IN_GOSSIP | IN_GREETING, IN_NONE, network_read, network_put)         \
    X(KEY_FROM, "from", IN_GOSSIP | IN_GREETING, IN(ERROR), from_read, from_put)                   \
    X(KEY_NONCE, "nonce", IN(HELLO), IN(REQUEST) | IN(WELCOME), nonce_read, nonce_put)             \
    X(KEY_PROOF, "proof", IN(WELCOME) | IN(PROOF), IN(REPLY) | IN(ERROR), proof_read, proof_put)   \
    X(KEY_DIGESTS, "digests", IN_NONE, IN_GREETING | IN(BEAT), digests_read, digests_put)          \
    X(KEY_RING, "ring", IN_NONE, IN(BEAT), ring_read, ring_put)                                    \
    X(KEY_KEEP, "keep", IN_NONE, IN_GREETING, keep_read, keep_put)                                 \
    X(KEY_LINKS, "links", IN_NONE, IN_GREETING, links_read, links_put)                             \
    X(KEY_REACHED, "reached", IN_NONE, IN_GOSSIP | IN_GREETING, reached_read, reached_put)         \
    X(KEY_YOUR_VERSION, "your_version", IN_NONE, IN_GREETING, your_version_read, your_version_put) \
    X(KEY_PATCHES, "patches", IN_NONE, IN(NEWS), patches_read, patches_put)                        \
    X(KEY_VERDICTS, "verdicts", IN_NONE, IN(NEWS), verdicts_read, verdicts_put)                    \
    X(KEY_ROWS, "rows", IN_GOSSIP, IN(NEWS) | IN(ROWS), live_read, live_put)                       \
    X(KEY_DROPPED, "dropped", IN_NONE, IN_STATE | IN_GREETING, dropped_read, dropped_put)          \
    X(KEY_AGES, "ages", IN_NONE, IN_STATE, ages_read, ages_put)                                    \
    X(KEY_FORKS, "forks", IN_NONE, IN_STATE, forks_read, forks_put)                                \
    X(KEY_BUCKETS, "buckets", IN(BUCKETS), IN_NONE, buckets_read, buckets_put)                     \
    X(KEY_OF, "of", IN_NONE, IN(LIST), of_read, of_put)                                            \
    X(KEY_LISTED, "listed", IN(LIST), IN_NONE, listed_read, listed_put)                            \
    X(KEY_IDS, "ids", IN(WANT), IN_NONE, ids_read, ids_put)

enum message_key {
#define X(key, name, required, optional, read, put) key,
    MESSAGE_KEYS(X)
#undef X
        KEY_COUNT
};

#endif
