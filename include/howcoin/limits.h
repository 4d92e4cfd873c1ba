/* Sizes and bounds that matter to a program that embeds the core: unit, reason, and what happens at each. The
 * core's own are in src/core/common/limits.h.
 */
#ifndef HOWCOIN_LIMITS_H
#define HOWCOIN_LIMITS_H

#include <stdint.h>

/* Sizes of the cryptographic values, in bytes. */
#define HC_ID_BYTES 32        /* an Ed25519 public key (RFC 8032) */
#define HC_ID_HEX_CHARS 64    /* an id as people and messages write it */
#define HC_SEED_BYTES 32      /* what an Ed25519 key pair is made from */
#define HC_SECRET_BYTES 64    /* seed and public key, as libsodium keeps them */
#define HC_SIGNATURE_BYTES 64 /* an Ed25519 signature; a proof is one, too */
#define HC_NETWORK_BYTES 16   /* BLAKE2b-128 of the network's name and coins (D3) */
#define HC_NONCE_BYTES 16     /* large enough never to repeat */
#define HC_HASH_BYTES 32      /* BLAKE2b-256 of what a row's signature covers */
#define HC_DIGEST_BYTES 16    /* BLAKE2b-128: the root of the hash tree over a table's rows */

/* Most JSON readers hold numbers as doubles; above this they lose their last digit (R5). Larger ones are refused. */
#define HC_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* One number of the coins file (D1). The coins of 9,000 nodes that all draw it are still below HC_NUMBER_MAX. A
 * file with a larger one is refused. */
#define HC_COINS_MAX UINT64_C(1000000000000)
/* Bytes of a coins file: room for as many numbers as there may be, on the longest lines, and for comments. A larger
 * file is refused. */
#define HC_COIN_FILE_BYTES_MAX (16u << 20)

/* Rows in a table: as many as fit one frame. Rows with other ids are refused and counted. */
#define HC_ROWS_MAX 10000u
/* Payees in one row: some 45 KB. A row with more is refused, and so is the payment that would need one more. */
#define HC_PAYEES_MAX 512u
/* Bytes of a name (UTF-8) and of an address. Longer ones are refused. */
#define HC_NAME_BYTES_MAX 32u
#define HC_ADDR_BYTES_MAX 255u
/* Bytes of a row's tags (R7): of all keys and values together, and of one key. Rows and changes with more are
 * refused. */
#define HC_TAGS_BYTES_MAX 1024u
#define HC_TAG_KEY_BYTES_MAX 32u
/* Bytes of tags as they are signed: a tag has at least one byte of text, and its two lengths take three more. */
#define HC_TAGS_PACKED_BYTES_MAX (4u * HC_TAGS_BYTES_MAX)
/* Bytes of the text of an error from another node. A longer text is replaced by our own words for its code. */
#define HC_MESSAGE_TEXT_BYTES_MAX 300u

/* Bytes of one line on the wire, without its end. A longer one is refused with `too_large` and not kept. */
#define HC_FRAME_BYTES_MAX (8u << 20)
/* The same for a line on a link: the largest row of one owner with all its forks. A link with a longer one is ended. */
#define HC_LINK_LINE_BYTES_MAX (288u << 10)
/* Bytes at the beginning of a request in which a node that is too busy to read all of it looks for `from` and
 * `nonce`. If they come later, its `busy` has no proof. */
#define HC_FRAME_HEAD_BYTES_MAX 512u

/* Signatures of rows that one step of the node checks: 3 to 5 ms of work. A message that needs more is held and
 * checked in several steps, between which the shell does everything else. */
#define HC_CHECKS_A_STEP_MAX 50u

/* Contacts of a node: each costs an attempt a round. More are refused at start. */
#define HC_CONTACTS_MAX 64u
/* Exchanges that a node has under way at once. The others of its round wait for a place. */
#define HC_EXCHANGES_MAX 128u
/* Gossip and mutation intervals, in milliseconds. Others are refused at start. */
#define HC_INTERVAL_MS_MIN 10u
#define HC_INTERVAL_MS_MAX 86400000u

#endif
