/* For tests that need a network and nothing else around it: cmocka's setup and teardown of their group. Included by the
 * one source file of a test program.
 */
#ifndef HOWCOIN_TESTS_UNIT_WITH_NETWORK_H
#define HOWCOIN_TESTS_UNIT_WITH_NETWORK_H

#include "unit/rows.h"

static struct hc_network *network; /* test_network's, for all tests of the group */

static inline int network_setup(void **unused)
{
    (void)unused;
    network = test_network();
    return 0;
}

static inline int network_teardown(void **unused)
{
    (void)unused;
    hc_network_free(network);
    return 0;
}

#endif
