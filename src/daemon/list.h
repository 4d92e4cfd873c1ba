/* Singly linked lists: the links are members of the elements. */
#ifndef HOWCOIN_DAEMON_LIST_H
#define HOWCOIN_DAEMON_LIST_H

#include "core/common/error.h"

/* Takes an element out of the list that begins with the pointer `first`, and in which it must be. `next`: the member
 * that links it. */
#define LIST_REMOVE(first, element, next)          \
    do {                                           \
        __typeof__(&(first)) list_link = &(first); \
        while (*list_link != (element)) {          \
            ASSERT(*list_link);                    \
            list_link = &(*list_link)->next;       \
        }                                          \
        *list_link = (element)->next;              \
    } while (0)

#endif
