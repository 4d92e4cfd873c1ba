/* The bounds of the protocol and of the core that are not in howcoin/limits.h: unit, reason, and what happens at each.
 *
 * A number from a peer is compared with its bound before it decides how much is allocated or how long a loop runs.
 */
#ifndef HOWCOIN_CORE_LIMITS_H
#define HOWCOIN_CORE_LIMITS_H

#include <assert.h>

#include "howcoin/limits.h"

/* Numbers in a coins file: 8 MB of memory. A file with more is refused. */
#define COIN_LINES_MAX 1000000u

/* Conflicting rows of one owner that are kept as proof of a fork (M6). If there are more, those with the smallest hashes
 * stay. */
#define BRANCHES_MAX 4u
/* Rows of one owner in one message. An honest peer keeps BRANCHES_MAX of them, and may tell one of them twice. Beyond this
 * the oldest are refused. */
#define OWNER_ROWS_MAX (2 * BRANCHES_MAX)
/* Rows that wait for credits of their owners (L3): in all, in bytes, and of one owner. Beyond each bound the oldest
 * goes; if it comes again, it is verified and tried again. A flood within the bounds is remembered whole, so it is
 * verified only once. Honest rows are likely to take a quarter of this. */
#define WAITING_ROWS_MAX 4096u
#define WAITING_BYTES_MAX (4u << 20)
#define WAITING_OWNER_ROWS_MAX 16u
/* Bytes of `more` in its canonical form, and how deep it may nest, itself included: within `forks` four levels surround
 * it. Rows beyond either are refused. */
#define MORE_BYTES_MAX 1024u
#define MORE_DEPTH_MAX 4u
/* Bytes of a row as JSON: fixed keys, numbers and encodings; twice the bytes of addr, name and tags (escapes); six
 * more for each tag, which has at least one byte of text; `more`; payees. */
#define ROW_TEXT_BYTES_MAX                                                                              \
    (512u + 2u * (HC_ADDR_BYTES_MAX + HC_NAME_BYTES_MAX + HC_TAGS_BYTES_MAX) + 6u * HC_TAGS_BYTES_MAX + \
     MORE_BYTES_MAX + HC_PAYEES_MAX * 88u)
/* Bytes that the signature of a row covers (R3, R7). */
#define ROW_SIGNED_BYTES_MAX                                                                             \
    (14u + HC_NETWORK_BYTES + HC_ID_BYTES + 25u + 2u + HC_ADDR_BYTES_MAX + 2u + HC_NAME_BYTES_MAX + 4u + \
     HC_PAYEES_MAX * 40u + 3u + HC_TAGS_PACKED_BYTES_MAX + 3u + MORE_BYTES_MAX)

/* Levels of objects and arrays in a frame. Deeper ones are refused before they are parsed. */
#define FRAME_DEPTH_MAX 8u
/* Values in one frame: objects, arrays, strings, numbers, literals. A frame with more is refused before it is
 * parsed. The fullest one of an honest node has some 310,000: 10,000 rows of ten values, and beside them rows of
 * forks of 300 bytes and ten values each. A parsed value takes up to 144 bytes (itself, its key, its string) plus the
 * characters of its strings, so a parsed frame takes at most FRAME_PARSED_BYTES_MAX. */
#define FRAME_VALUES_MAX 400000u
#define FRAME_PARSED_BYTES_MAX (FRAME_VALUES_MAX * 144u + HC_FRAME_BYTES_MAX)
/* What a value counts for at least when a frame is filled, so that the frame keeps the limit of values, too. */
#define FRAME_VALUE_BYTES (HC_FRAME_BYTES_MAX / FRAME_VALUES_MAX + 1)
/* Rows in one frame: all of a full table, and each of them forked. A frame with more is refused. */
#define FRAME_ROWS_MAX (HC_ROWS_MAX * (1u + BRANCHES_MAX))

/* Messages held to be checked in several steps (HC_CHECKS_A_STEP_MAX), and the bytes of their rows as text;
 * requests may take half of either. A message beyond that is answered and counted as `busy`; its rows are not taken
 * in, and come again. */
#define HELD_MAX 16u
#define HELD_BYTES_MAX (32u << 20)

/* Nodes that a newcomer asks at once, and that a leaving node says goodbye to. Gossip tells the others. */
#define INTRODUCTIONS_MAX 64u
/* The time-out of an exchange: a third of the gossip interval, so that a round has room for two tries, but no longer
 * than this. */
#define EXCHANGE_TIMEOUT_MS_MAX 1000u
/* The row of a gone node that no payment touches is forgotten after this, and not passed on after half of it (P10). */
#define FORGET_MS (UINT64_C(7) * 24 * 3600 * 1000)
/* The greatest age that is told (unless payments touch the row), and that is believed of a row that is new here. So a
 * node keeps the row of a gone node that it learns of for at least the other half of the time, whatever age it was
 * told. */
#define AGE_TOLD_MS_MAX (FORGET_MS / 2)
/* By how much others can lower an age below what this node saw itself. So a node that was cut off from a peer, and
 * dropped it early, forgets it together with the others; and a liar can keep a row for this much longer, and no more. */
#define AGE_DOUBT_MS_MAX (FORGET_MS / 2)
/* Forgotten rows that are remembered by id and version, so that a peer that repeats them as dropped does not bring
 * them back. Beyond this the oldest are lost, and can be learned of as new. */
#define FORGOTTEN_MAX 256u
/* A state with ages in it is made anew after this, so that they are off by no more. */
#define STATE_AGE_MS_MAX 1000u
/* After this a node tries again to sign or install a row, if it had no memory for that. */
#define MEMORY_RETRY_MS 100
/* Draws that are tried for one that leaves the node without debt (D4). After them it keeps the draw that it has. */
#define DRAWS_TRIED_MAX 1000u
/* Rounds for which an opinion that turned out wrong is not looked into again, whichever peer repeats it: one liar, or one
 * bad link, must not make all nodes ask the same one in every round. */
#define HINT_REST_ROUNDS 5u
/* Answers of `busy` without a proof, one after the other, after which a peer is dropped as if it had not answered:
 * any program on a dead node's port can say `busy`. */
#define BUSY_ROUNDS_MAX 10u
/* Proofs a second that go with `busy`: a signature takes some 50 us, so a flood costs a node no more than 5 % of a
 * processor. Beyond this requests are answered `busy` without a proof. */
#define BUSY_PROOFS_MAX 1000u
/* Gone peers tried in a round, if the fanout sets no bound. */
#define GONE_TRIED_MAX 8u
/* Addresses of nodes of other networks that are remembered, so that each is told of once. Beyond this the oldest are
 * told of again. Bytes of such an address as text: the longest is IPv4 written within IPv6; longer ones are cut off. */
#define STRANGERS_MAX 64u
#define STRANGER_BYTES_MAX 45u
/* Notices of such addresses in this time. More are counted, and told of together when it is over. */
#define STRANGER_NOTICES_MAX 5u
#define STRANGER_NOTICES_MS 60000u
/* A node warns its user that others cannot reach it when this many peers say so, or the only one, in this many
 * consecutive rounds. */
#define UNREACHED_PEERS 2u
#define UNREACHED_ROUNDS 3u
/* A twin is told of at most once in this time (M5). So is each reason for refusals, after the first. */
#define TWIN_NOTICE_MS 60000u
#define REFUSED_NOTICE_MS 10000u

/* ---- Links ---- */

/* Bytes by which a message of a link names a row: as many as make two ids alike by chance in no network. */
#define ID_SHORT_BYTES 8u
/* Parts of a table that are compared by one hash each (K6). */
#define BUCKETS 256u
/* Rows up to which a table is compared by its list, and not by its buckets first (K7). */
#define LIST_ROWS_MAX 64u
/* Bytes of a greeting and of a message of a link, its end included; the rows of one owner that forked may take more, up to
 * HC_LINK_LINE_BYTES_MAX. Longer ones end the link. */
#define LINK_MESSAGE_BYTES_MAX (64u << 10)
/* What such a message of owed rows is filled up to: keys and ages fit beside it. Listed rows of a message: 17 bytes each, as
 * text a third more. */
#define OWED_MESSAGE_BYTES (LINK_MESSAGE_BYTES_MAX - 4096u)
#define LIST_MESSAGE_ROWS 2000u
/* Verdicts that answer a list: they fit one message, at no more than 60 bytes each. Others are left to the next list. */
#define LIST_VERDICTS_MAX 1000u
/* Patches, verdicts, listed rows and wanted ids of one message. More are refused with it. */
#define LINK_WORDS_MAX 4096u
/* Links that a node takes from others, and that it can be told to open itself. Beyond the first, `busy`. */
#define LINKS_THEIRS_MAX 64u
#define LINKS_OURS_MAX 16u
#define LINKS_OURS 3u
/* By how much a node's time-outs can be multiplied (K8). More is refused at start. */
#define PATIENCE_MAX 10u
/* Asks under way at once (K9). Others wait for a place. */
#define ASKS_MAX 32u
/* After this without an answer a node asks again over another connection, and tells its suspicion (K8, K9). */
#define ASK_AGAIN_MS 200
/* What is new within this time of a push goes into one message (K4). */
#define NEWS_GATHER_MS 10
/* Bytes a second of its own news that a node pushes on a link, once it is more than what NEWS_GATHER_MS gathers: what changes
 * meanwhile goes together. So a node that pays thousands of times a second costs others little. */
#define OWN_NEWS_BYTES_S 32000u
/* Rows that a link may still have to be told of. Beyond this they are forgotten, and its tables are compared instead. */
#define OUTBOX_ROWS_MAX 4096u
/* Verdicts that a link may still have to be told of; those of a message that are heeded on a link in a round (K9). Others
 * are passed over: whoever is gone is found out all the same. */
#define OUTBOX_VERDICTS_MAX 1024u
#define HINTS_A_ROUND_MAX 64u
/* Messages of owed rows on their way on a link, not taken in yet (K7). */
#define OWED_MESSAGES_MAX 4u
/* K7: a beat that differs is looked into if nothing was pushed on the link for this long; and what was learned in this time
 * is left out, for it is on its way by itself. */
#define QUIET_MS 100
#define FRESH_MS 500
/* Rounds for which a difference is left alone that both sides have looked into (K11). */
#define STANDING_ROUNDS 10u
/* Rounds after a failed ask in which other opinions do not make us ask again (K11). */
#define FAILED_ROUNDS 10u
/* Usefulness, in thousandths: at first, when an end says `lazy`, and the weight of one row: a tenth (K4). */
#define USEFULNESS_FIRST 500u
#define USEFULNESS_LAZY 330u
#define USEFULNESS_WEIGHT 10u
/* Rounds after which the oldest lazy chord is replaced, and one chord in any case (K1). */
#define CHORD_LAZY_ROUNDS 40u
#define CHORD_ROUNDS 400u
/* A peer that refused a link is not asked for one again for as many rounds. */
#define LINK_REST_ROUNDS 1u
/* Peers without links that a node watches itself, since they stand behind it in the circle (K12). */
#define WATCHED_MAX 4u
/* K8: a node whose loop is this late doubles its time-outs, up to LATE_FACTOR_MAX times. */
#define LATE_MS 200
#define LATE_FACTOR_MAX 4u

static_assert(HC_FRAME_BYTES_MAX > ROW_TEXT_BYTES_MAX * 8, "a frame must have room for a few of the largest rows");
static_assert(HC_LINK_LINE_BYTES_MAX > (BRANCHES_MAX + 1) * ROW_TEXT_BYTES_MAX + 1024, "one owner's rows fit one line");
static_assert(LINK_MESSAGE_BYTES_MAX > ROW_TEXT_BYTES_MAX + 1024, "every row, and every patch, fits one message");
static_assert(LIST_VERDICTS_MAX * 60 + 64 < LINK_MESSAGE_BYTES_MAX, "doubts about a list fit one message");
static_assert(4 + MORE_DEPTH_MAX <= FRAME_DEPTH_MAX, "every row can be told among forks");
static_assert(HELD_BYTES_MAX / 2 > HC_FRAME_BYTES_MAX, "the largest request can be held");
static_assert(WAITING_BYTES_MAX > WAITING_OWNER_ROWS_MAX * (2 * ROW_TEXT_BYTES_MAX + 1024),
              "one owner's rows can all wait");
static_assert(HC_PAYEES_MAX <= UINT16_MAX, "rows count their payees in 16 bits");
static_assert(HC_COINS_MAX <= HC_NUMBER_MAX, "coins are numbers of the protocol");
static_assert(INTRODUCTIONS_MAX + HC_CONTACTS_MAX <= HC_EXCHANGES_MAX, "introductions need no queue");

#endif
