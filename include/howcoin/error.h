/* One list of everything that can be wrong, and the fault that carries the words for people.
 *
 * A function that can fail for a reason outside of the program returns an hc_code and, where a person may read it,
 * fills a fault: what was expected, what came, what to do. A fault that is a parameter may be NULL. Misuse of the
 * library (a null pointer, an event without its message) has no hc_code: it ends the process with a line on standard
 * error.
 *
 * All functions here may be called at any time, in any thread.
 */
#ifndef HOWCOIN_ERROR_H
#define HOWCOIN_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* What the library exports; everything else in it is hidden. */
#define HC_API __attribute__((visibility("default")))
/* To ignore an error is a defect. */
#define HC_MUST_USE __attribute__((warn_unused_result))
/* An array parameter of at least `count` elements; C++ cannot say that. */
#ifdef __cplusplus
#define HC_AT_LEAST(count) (count)
#else
#define HC_AT_LEAST(count) static(count)
#endif

/* Name in C; name on the wire and in JSON; words for people; and where it comes up:
 *
 *     FINE      nothing
 *     MACHINE   the machine or its system refuses something; any function may return it
 *     MESSAGE   a message is refused: these codes, and no others, go over the wire as errors (W3)
 *     ROW       a row is refused (M4)
 *     PEER      a peer is dropped (P3)
 *     START     a node cannot start
 *     COMMAND   a command is refused
 */
#define HC_CODES(X)                                                                                 \
    X(HC_OK, "ok", "all is well", FINE)                                                             \
    X(HC_NO_MEMORY, "no_memory", "out of memory", MACHINE)                                          \
    X(HC_BAD_FRAME, "bad_frame", "not a message of this protocol", MESSAGE)                         \
    X(HC_TOO_LARGE, "too_large", "larger than the limit", MESSAGE)                                  \
    X(HC_WRONG_VERSION, "wrong_version", "another version of the protocol", MESSAGE)                \
    X(HC_WRONG_NETWORK, "wrong_network", "a node of another network", MESSAGE)                      \
    X(HC_BAD_ROW, "bad_row", "a malformed row", MESSAGE)                                            \
    X(HC_BUSY, "busy", "too busy for now", MESSAGE)                                                 \
    X(HC_SLOW, "timeout", "the request did not arrive in time", MESSAGE)                            \
    X(HC_BAD_SIGNATURE, "bad_signature", "not signed by its owner", ROW)                            \
    X(HC_BAD_DRAW, "bad_draw", "coins that were not drawn, or not yet", ROW)                        \
    X(HC_TABLE_FULL, "table_full", "the table is full", ROW)                                        \
    X(HC_WAITING, "waiting", "its owner cannot pay, as far as this node knows", ROW)                \
    X(HC_UNREACHABLE, "unreachable", "cannot be reached", PEER)                                     \
    X(HC_CLOSED, "closed", "closed the connection without an answer", PEER)                         \
    X(HC_SILENT, "silent", "did not answer in time, twice", PEER)                                   \
    X(HC_BAD_REPLY, "bad_reply", "its answer is not valid", PEER)                                   \
    X(HC_BAD_PROOF, "bad_proof", "did not prove its identity", PEER)                                \
    X(HC_OTHER_NODE, "other_node", "another node answers at its address", PEER)                     \
    X(HC_LEFT, "left", "said goodbye", PEER)                                                        \
    X(HC_BAD_COINS, "bad_coins", "not a coins file", START)                                         \
    X(HC_BAD_NAME, "bad_name", "not a name", START)                                                 \
    X(HC_BAD_ADDRESS, "bad_address", "not an address", START)                                       \
    X(HC_BAD_KEY, "bad_key", "not a usable key file", START)                                        \
    X(HC_BAD_PATH, "bad_path", "not a usable directory", START)                                     \
    X(HC_IN_USE, "in_use", "in use by another process", START)                                      \
    X(HC_DAMAGED, "damaged", "the store is damaged", START)                                         \
    X(HC_SYSTEM, "system", "the system refused", MACHINE)                                           \
    X(HC_BAD_TAG, "bad_tag", "not a tag, or no room for it", COMMAND)                               \
    X(HC_LEAVING, "leaving", "the node is leaving", COMMAND)                                        \
    X(HC_NOT_ENOUGH, "not_enough", "not enough coins", COMMAND)                                     \
    X(HC_UNKNOWN_PAYEE, "unknown_payee", "no such node is known", COMMAND)                          \
    X(HC_AMBIGUOUS, "ambiguous", "it is not clear which node is meant", COMMAND)                    \
    X(HC_KEY_REUSED, "key_reused", "another payment has this key", COMMAND)                         \
    X(HC_OWN_PAYEE, "own_payee", "a node cannot pay itself", COMMAND)                               \
    X(HC_BAD_AMOUNT, "bad_amount", "an amount is a whole number of at least 1", COMMAND)            \
    X(HC_TOO_MANY_PAYEES, "too_many_payees", "payee limit reached", COMMAND)                        \
    X(HC_STORE_FAILED, "store_failed", "the disk failed, so this node signs nothing more", COMMAND) \
    X(HC_RECOVERING, "recovering", "the store was lost, and the network has not answered yet", COMMAND)

enum hc_code {
#define HC_CODE_IN_ENUM(code, name, words, kind) code,
    HC_CODES(HC_CODE_IN_ENUM)
#undef HC_CODE_IN_ENUM
        HC_CODE_COUNT
};

/* The name, as in JSON. Never NULL; static. `code` may be any number. */
HC_API const char *hc_code_name(enum hc_code code);
/* The words for people. Never NULL; static. `code` may be any number. */
HC_API const char *hc_code_text(enum hc_code code);
/* The code with this name; HC_CODE_COUNT if there is none. */
HC_API enum hc_code hc_code_find(const char *name);

#define HC_FAULT_TEXT_BYTES 400

/* Why something failed, in words. The caller brings it, or NULL if it is not wanted. It is filled on failure only. */
struct hc_fault {
    enum hc_code code;
    char text[HC_FAULT_TEXT_BYTES]; /* terminated; without control characters */
};

#ifdef __cplusplus
}
#endif

#endif
