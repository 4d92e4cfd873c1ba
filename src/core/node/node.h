/* A node's table and members, for code of this program that looks behind its door: tests, the simulator, and what
 * shows the whole table. Pointers are valid until the next step. */
#ifndef HOWCOIN_CORE_NODE_H
#define HOWCOIN_CORE_NODE_H

#include <stdbool.h>

#include "core/node/members.h"
#include "core/table/table.h"
#include "howcoin/node.h"

const struct table *node_table(const struct hc_node *node);
const struct members *node_members(const struct hc_node *node);
/* Everything that must always hold, checked the slow way. For tests and the simulator. */
bool node_verify(const struct hc_node *node);

#endif
