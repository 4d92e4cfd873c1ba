/* Whether a node is reached at the address that its row tells. */
#ifndef HOWCOIN_REACH_H
#define HOWCOIN_REACH_H

enum reach {
    REACH_UNKNOWN, /* nobody tried */
    REACH_NO,      /* it did not answer there, or somebody else did */
    REACH_YES,
};
/* "unknown", "no", "yes". */
const char *reach_name(enum reach reach);

#endif
