/* A program that embeds the core and nothing else: the smallest proof that it can be done (docs/ARCHITECTURE.md). */
#include "howcoin/node.h"

int main(void)
{
    hc_node_free(NULL);
    return 0;
}
