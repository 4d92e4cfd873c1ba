/* One list of everything that can be wrong, and the fault that carries the words for people.
 *
 * A function that can fail for a reason outside the program returns an hc_code and, where somebody
 * will read it, fills a fault: what was expected, what came, what to do. A broken contract inside the
 * program is no hc_code but an ASSERT, which stays on in release builds.
 */
#ifndef HOWCOIN_ERROR_H
#define HOWCOIN_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* What the library offers; all else in it is hidden. */
#define HC_API __attribute__((visibility("default")))
/* An error that nobody looks at is a defect. */
#define HC_MUST_USE __attribute__((warn_unused_result))
/* An array parameter of at least `count` elements; C++ has no word for that. */
#ifdef __cplusplus
#define HC_AT_LEAST(count) (count)
#else
#define HC_AT_LEAST(count) static(count)
#endif

/* name in C, name on the wire and in JSON, words for people */
#define HC_CODES(X)                                                                      \
    X(HC_OK, "ok", "all is well")                                                        \
    X(HC_NO_MEMORY, "no_memory", "out of memory")                                        \
    /* what a node answers to a message that it does not take (W3) */                    \
    X(HC_BAD_FRAME, "bad_frame", "not a message of this protocol")                       \
    X(HC_TOO_LARGE, "too_large", "larger than the limit")                                \
    X(HC_WRONG_VERSION, "wrong_version", "another version of the protocol")              \
    X(HC_WRONG_NETWORK, "wrong_network", "a node of another network")                    \
    X(HC_BAD_ROW, "bad_row", "a row that is not well made")                              \
    X(HC_BUSY, "busy", "too busy for now")                                               \
    X(HC_SLOW, "timeout", "the request did not come whole in time")                      \
    /* why a row is not taken in (M4) */                                                 \
    X(HC_BAD_SIGNATURE, "bad_signature", "not signed by its owner")                      \
    X(HC_BAD_DRAW, "bad_draw", "coins that were not drawn, or not yet")                  \
    X(HC_TABLE_FULL, "table_full", "the table is full")                                  \
    X(HC_WAITING, "waiting", "its owner cannot pay, by what is known here")              \
    /* why a peer is dropped (P3) */                                                     \
    X(HC_UNREACHABLE, "unreachable", "cannot be reached")                                \
    X(HC_CLOSED, "closed", "closed the connection without an answer")                    \
    X(HC_SILENT, "silent", "did not answer in time, twice")                              \
    X(HC_BAD_REPLY, "bad_reply", "its answer was not a valid one")                       \
    X(HC_BAD_PROOF, "bad_proof", "did not prove that it is who it says")                 \
    X(HC_OTHER_NODE, "other_node", "another node answers at its address")                \
    X(HC_LEFT, "left", "said goodbye")                                                   \
    /* what keeps a node from running or a command from being done */                    \
    X(HC_BAD_COINS, "bad_coins", "not a coins file")                                     \
    X(HC_BAD_NAME, "bad_name", "not a name")                                             \
    X(HC_BAD_TAG, "bad_tag", "not a tag, or more than there is room for")                \
    X(HC_BAD_ADDRESS, "bad_address", "not an address")                                   \
    X(HC_BAD_KEY, "bad_key", "not a usable key file")                                    \
    X(HC_IN_USE, "in_use", "in use by another process")                                  \
    X(HC_SYSTEM, "system", "the system refused")                                         \
    X(HC_LEAVING, "leaving", "the node is leaving")                                      \
    X(HC_DAMAGED, "damaged", "the store is damaged")                                     \
    /* why a payment is refused */                                                       \
    X(HC_NOT_ENOUGH, "not_enough", "not enough coins")                                   \
    X(HC_UNKNOWN_PAYEE, "unknown_payee", "no such node is known")                        \
    X(HC_AMBIGUOUS, "ambiguous", "it is not certain which node is meant")                \
    X(HC_KEY_REUSED, "key_reused", "another payment has this key")                       \
    X(HC_OWN_PAYEE, "own_payee", "nobody pays himself")                                  \
    X(HC_BAD_AMOUNT, "bad_amount", "an amount is a whole number from 1 on")              \
    X(HC_TOO_MANY_PAYEES, "too_many_payees", "a node pays at most so many others")       \
    X(HC_STORE_FAILED, "store_failed", "the disk failed, so nothing is signed any more") \
    X(HC_RECOVERING, "recovering", "the store was lost, and the network was not heard yet")

enum hc_code {
#define X(code, name, text) code,
    HC_CODES(X)
#undef X
        HC_CODE_COUNT
};

/* The name, as in JSON. Never NULL; static. */
HC_API const char *hc_code_name(enum hc_code code);
/* The words for people. Never NULL; static. */
HC_API const char *hc_code_text(enum hc_code code);
/* The code with this name; HC_CODE_COUNT if there is none. */
HC_API enum hc_code hc_code_find(const char *name);

#define HC_FAULT_TEXT_BYTES 400

/* Why something failed, in words. Brought by the caller; text is always terminated. */
struct hc_fault {
    enum hc_code code;
    char text[HC_FAULT_TEXT_BYTES];
};

#ifdef __cplusplus
}
#endif

#endif
