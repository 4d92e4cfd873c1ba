/* Canaries: rules that a test build breaks on purpose, to prove that the storms notice (tests/sim). HOWCOIN_CANARY is the
 * number of the broken rule; it is 0 in every real build. */
#ifndef HOWCOIN_CORE_CANARY_H
#define HOWCOIN_CORE_CANARY_H

#ifndef HOWCOIN_CANARY
#define HOWCOIN_CANARY 0
#endif

#define CANARY_REVIVED (HOWCOIN_CANARY == 1)    /* an old row brings a dropped peer back (P5) */
#define CANARY_FIRST_KEPT (HOWCOIN_CANARY == 2) /* a merge keeps the first row instead of the newest (M3) */
#define CANARY_REUSED (HOWCOIN_CANARY == 3)     /* after a crash a version is used again (S3) */
#define CANARY_UNSIGNED (HOWCOIN_CANARY == 4)   /* signatures are not checked (M4) */
#define CANARY_PAID_TWICE (HOWCOIN_CANARY == 5) /* a credit counts twice (L1) */
#define CANARY_PATCHED (HOWCOIN_CANARY == 6)    /* what comes of a patch is taken for signed (K5) */

#endif
