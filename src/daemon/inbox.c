/* The idle handle does nothing but keep the loop from waiting in its poll; the runtime's check handle, which runs
 * right after the poll, takes the items. */
#include "daemon/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "core/common/error.h"

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

void inbox_init(struct inbox *inbox, uv_loop_t *loop)
{
    memset(inbox, 0, sizeof *inbox);
    CHECK(uv_idle_init(loop, &inbox->idle) == 0);
}

void inbox_close(struct inbox *inbox)
{
    free(inbox->items);
    inbox->items = NULL;
    inbox->first = inbox->count = inbox->capacity = 0;
    uv_close((uv_handle_t *)&inbox->idle, NULL);
}

void inbox_wake(struct inbox *inbox)
{
    if (!uv_is_closing((uv_handle_t *)&inbox->idle)) {
        uv_idle_start(&inbox->idle, on_idle);
    }
}

static bool grow(struct inbox *inbox)
{
    size_t capacity = inbox->capacity > 0 ? 2 * inbox->capacity : 16;
    struct inbox_item *items = calloc(capacity, sizeof *items);
    if (!items) {
        return false;
    }
    for (size_t i = 0; i < inbox->count; i++) {
        items[i] = inbox->items[(inbox->first + i) % inbox->capacity];
    }
    free(inbox->items);
    inbox->items = items;
    inbox->first = 0;
    inbox->capacity = capacity;
    return true;
}

bool inbox_push(struct inbox *inbox, enum inbox_kind kind, uint64_t handle, const struct hc_fault *fault)
{
    if (uv_is_closing((uv_handle_t *)&inbox->idle)) {
        return true;
    }
    if (inbox->count == inbox->capacity && !grow(inbox)) {
        return false;
    }
    ASSERT(inbox->count < inbox->capacity && inbox->first < inbox->capacity);
    struct inbox_item *item = &inbox->items[(inbox->first + inbox->count) % inbox->capacity];
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->handle = handle;
    if (fault) {
        item->fault = *fault;
    }
    inbox->count++;
    inbox_wake(inbox);
    return true;
}

bool inbox_take(struct inbox *inbox, struct inbox_item *item)
{
    if (inbox->count == 0) {
        return false;
    }
    ASSERT(inbox->count <= inbox->capacity && inbox->first < inbox->capacity);
    *item = inbox->items[inbox->first];
    inbox->first = (inbox->first + 1) % inbox->capacity;
    inbox->count--;
    return true;
}

void inbox_settle(struct inbox *inbox)
{
    if (inbox->count == 0) {
        uv_idle_stop(&inbox->idle);
    }
}
