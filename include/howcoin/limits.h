/* Sizes and bounds that a program meets which embeds the core: unit, reason, and what happens at each. The core's own are in
 * src/core/limits.h.
 */
#ifndef HOWCOIN_LIMITS_H
#define HOWCOIN_LIMITS_H

#include <stdint.h>

/* Sizes of the cryptographic values, in bytes. */
#define HC_ID_BYTES 32        /* an Ed25519 public key (RFC 8032) */
#define HC_SEED_BYTES 32      /* what an Ed25519 key pair is made from */
#define HC_SECRET_BYTES 64    /* seed and public key, as libsodium keeps them */
#define HC_SIGNATURE_BYTES 64 /* an Ed25519 signature; a proof is one, too */
#define HC_NETWORK_BYTES 16   /* BLAKE2b-128 of the network's name and coins (D3) */
#define HC_NONCE_BYTES 16     /* large enough never to repeat */
#define HC_HASH_BYTES 32      /* BLAKE2b-256 of what a row's signature covers */
#define HC_DIGEST_BYTES 16    /* BLAKE2b-128 over the hashes of a table's rows */

/* Numbers are held as doubles by JSON readers everywhere; above this they lose their last digit (R5). */
#define HC_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* One line of the coins file (D1); 9,000 nodes that drew it still sum up below HC_NUMBER_MAX. */
#define HC_COINS_MAX UINT64_C(1000000000000)
/* Bytes of a coins file: the most numbers there may be, each with its longest line and some comment. */
#define HC_COIN_FILE_BYTES_MAX (16u << 20)

/* Rows in a table: a full state then still fits one frame. Rows of further ids are refused and counted. */
#define HC_ROWS_MAX 10000u
/* Payees in one row, which then has some 45 KB of them. A row with more is refused; a payment to one more, too. */
#define HC_PAYEES_MAX 512u
/* Bytes of a node's name (UTF-8) and of an address. Longer ones are refused. */
#define HC_NAME_BYTES_MAX 32u
#define HC_ADDR_BYTES_MAX 255u
/* Bytes of a row's tags (R7): of all keys and values together, and of one key. Other rows and changes are refused. */
#define HC_TAGS_BYTES_MAX 1024u
#define HC_TAG_KEY_BYTES_MAX 32u
/* Bytes of tags as they are signed, with the lengths of each: three for a tag, which has a byte of text at least. */
#define HC_TAGS_PACKED_BYTES_MAX (4u * HC_TAGS_BYTES_MAX)
/* Bytes of the text of an error from another node that are kept; the rest is cut off. */
#define HC_MESSAGE_TEXT_BYTES_MAX 300u

/* Bytes of one line on the wire, without its end. A longer one is refused with `too_large`, and not stored. */
#define HC_FRAME_BYTES_MAX (8u << 20)
/* Bytes at the beginning of a request in which a node that is too busy to read all of it looks for `from` and `nonce`. If
 * they stand later, its `busy` has no proof. */
#define HC_FRAME_HEAD_BYTES_MAX 512u

/* Signatures of rows that one step of the node checks, some 3 to 5 ms of work. A message that needs more is held, and checked in
 * steps between which the shell looks at everything else. */
#define HC_CHECKS_A_STEP_MAX 50u

/* Contacts given on the command line; each costs an attempt a round. More are refused at start. */
#define HC_CONTACTS_MAX 64u
/* Exchanges that a node has under way at once; the others of its round wait for a place. */
#define HC_EXCHANGES_MAX 128u
/* Gossip and mutation intervals, in milliseconds. Others are refused at start. */
#define HC_INTERVAL_MS_MIN 10u
#define HC_INTERVAL_MS_MAX 86400000u

#endif
