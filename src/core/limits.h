/* Every bound of the protocol and of the core, in one place with howcoin/limits.h: unit, reason, and what happens at it.
 *
 * Nothing is allocated, and no loop runs, by a number that a peer sent before that number was
 * compared with one of these.
 */
#ifndef HOWCOIN_CORE_LIMITS_H
#define HOWCOIN_CORE_LIMITS_H

#include <assert.h>

#include "howcoin/limits.h"

/* Numbers in a coins file. A larger file is refused when it is read. */
#define COIN_LINES_MAX 1000000u

/* Conflicting rows of one owner that are kept as the proof of a fork (M6); further ones add nothing to it. */
#define BRANCHES_MAX 4u
/* Rows of one owner that one message may bring. An honest peer keeps BRANCHES_MAX of them, and one stands twice; the oldest
 * beyond that are refused. */
#define OWNER_ROWS_MAX (2 * BRANCHES_MAX)
/* Rows that wait for their owners' credits (L3): all together, the bytes that they take, and of one owner. Beyond each the
 * oldest goes; if it comes again, it is verified and tried again. So a flood of them is remembered whole while it is
 * smaller than this; four times as many as are ever likely to wait honestly. */
#define WAITING_ROWS_MAX 4096u
#define WAITING_BYTES_MAX (4u << 20)
#define WAITING_OWNER_ROWS_MAX 16u
/* Bytes of `more` in its canonical form, and braces and brackets in it that may be open at once, its own among them: in
 * `forks` there are four around it. Rows with a larger one are refused. */
#define MORE_BYTES_MAX 1024u
#define MORE_DEPTH_MAX 4u
/* Bytes of a row as JSON: fixed keys, numbers and encodings, twice the bytes of addr, name and tags (escapes), six
 * more for each tag, which has a byte of text at least, payees. */
#define ROW_TEXT_BYTES_MAX                                                                              \
    (512u + 2u * (HC_ADDR_BYTES_MAX + HC_NAME_BYTES_MAX + HC_TAGS_BYTES_MAX) + 6u * HC_TAGS_BYTES_MAX + \
     MORE_BYTES_MAX + HC_PAYEES_MAX * 88u)
/* Bytes that a row's signature covers (R3, R7). */
#define ROW_SIGNED_BYTES_MAX                                                                             \
    (14u + HC_NETWORK_BYTES + HC_ID_BYTES + 25u + 2u + HC_ADDR_BYTES_MAX + 2u + HC_NAME_BYTES_MAX + 4u + \
     HC_PAYEES_MAX * 40u + 3u + HC_TAGS_PACKED_BYTES_MAX + 3u + MORE_BYTES_MAX)

/* Braces and brackets that may be open at once. Deeper frames are refused before they are parsed. */
#define FRAME_DEPTH_MAX 8u
/* Values in one frame: objects, arrays, strings, numbers, literals. More are refused before they are parsed. The fullest frame
 * of an honest node has some 310,000: 10,000 rows of ten values, the rest rows of forks at 300 bytes and ten values each. A
 * parsed value takes up to 144 bytes (itself, its key, its string) beyond the characters of its strings, so that a frame
 * costs at most FRAME_PARSED_BYTES_MAX while it is parsed. */
#define FRAME_VALUES_MAX 400000u
#define FRAME_PARSED_BYTES_MAX (FRAME_VALUES_MAX * 144u + HC_FRAME_BYTES_MAX)
/* What a value counts where a frame is filled, if it is more than its bytes: so the values, too, keep their limit. */
#define FRAME_VALUE_BYTES (HC_FRAME_BYTES_MAX / FRAME_VALUES_MAX + 1)
/* Rows in one frame: every row of a full table, and every one of them forked. */
#define FRAME_ROWS_MAX (HC_ROWS_MAX * (1u + BRANCHES_MAX))

/* Messages that are held so, and the bytes of their rows as text; requests may take half of either. What goes beyond is
 * answered, but its rows are left out, and it is counted as `busy`; they come again. */
#define HELD_MAX 16u
#define HELD_BYTES_MAX (32u << 20)

/* Nodes that a newcomer turns to at once, and that a leaving node says goodbye to; gossip tells the others. */
#define INTRODUCTIONS_MAX 64u
/* An exchange's time-out: a third of the gossip interval, so that two tries fit a round, and at most this. */
#define EXCHANGE_TIMEOUT_MS_MAX 1000u
/* A gone node's row that no payment touches is forgotten after this, and not passed on after half of it (P10). */
#define FORGET_MS (UINT64_C(7) * 24 * 3600 * 1000)
/* The greatest age that is told, but for rows that payments touch, and that is taken over with a new row. So whoever learns
 * of a gone one keeps its row for at least the other half of the time, whatever age it was told. */
#define AGE_TOLD_MS_MAX (FORGET_MS / 2)
/* By how much others' word can make an age less than what we saw ourselves. Thus a node that dropped a peer early, because it
 * was cut off from it, forgets it together with the others; and a liar keeps a row for this much longer, and no more. */
#define AGE_DOUBT_MS_MAX (FORGET_MS / 2)
/* Rows that were forgotten and are remembered by id and version, so that nobody who repeats them as dropped brings them back.
 * Of more, the oldest are lost, and can be learned of as new ones. */
#define FORGOTTEN_MAX 256u
/* A state that is told is made anew after this, so that the ages in it are at most that old. */
#define STATE_AGE_MS_MAX 1000u
/* When a node that could not sign or install its row for want of memory tries again. */
#define MEMORY_RETRY_MS 100
/* Draws tried for one that leaves nobody in debt (D4); then the node keeps what it has. */
#define DRAWS_TRIED_MAX 1000u
/* An opinion that was looked into and found wrong is not looked into again for so many rounds, whoever repeats it:
 * one liar, or one bad line, must not make everybody ask the same node in every round. */
#define HINT_REST_ROUNDS 5u
/* Answers of `busy` without a proof in a row after which a peer is dropped, as if it had not answered: anybody on a dead
 * node's port can say it. */
#define BUSY_ROUNDS_MAX 10u
/* Proofs that go with `busy`, a second: a signature takes some 50 us, so that a flood cannot make a node spend more than 5 %
 * of a processor on them. Whoever comes after that hears `busy` without a proof. */
#define BUSY_PROOFS_MAX 1000u
/* Gone peers tried in a round, if --fanout sets no bound. */
#define GONE_TRIED_MAX 8u
/* Addresses from which nodes of other networks came and that are remembered, so that each is told of once. Of more, the oldest
 * are told of again. Bytes of an address as text: the longest is IPv4 written within IPv6; what is longer is cut off. */
#define STRANGERS_MAX 64u
#define STRANGER_BYTES_MAX 45u
/* Notices of such addresses at most, in this time. Further ones are counted, and told of together in one when it is over. */
#define STRANGER_NOTICES_MAX 5u
#define STRANGER_NOTICES_MS 60000u
/* A node's people are told that nobody reaches it when this many peers say so, or the only one there is, in this many rounds
 * on end. */
#define UNREACHED_PEERS 2u
#define UNREACHED_ROUNDS 3u
/* A twin is told of at most once in this time (M5); the same goes for a kind of refusal, beyond its first. */
#define TWIN_NOTICE_MS 60000u
#define REFUSED_NOTICE_MS 10000u

static_assert(HC_FRAME_BYTES_MAX > ROW_TEXT_BYTES_MAX * 8, "a frame must have room for a few of the largest rows");
static_assert(4 + MORE_DEPTH_MAX <= FRAME_DEPTH_MAX, "every row can be told among forks");
static_assert(HELD_BYTES_MAX / 2 > HC_FRAME_BYTES_MAX, "the largest request can be held");
static_assert(WAITING_BYTES_MAX > WAITING_OWNER_ROWS_MAX * (2 * ROW_TEXT_BYTES_MAX + 1024),
              "one owner's rows can all wait");
static_assert(HC_PAYEES_MAX <= UINT16_MAX, "rows count their payees in 16 bits");
static_assert(HC_COINS_MAX <= HC_NUMBER_MAX, "coins are numbers of the protocol");
static_assert(INTRODUCTIONS_MAX + HC_CONTACTS_MAX <= HC_EXCHANGES_MAX, "introductions need no queue");

#endif
