/* The good path: lookup_begin makes a channel of c-ares, asks it, and sets the timer. c-ares opens sockets; on_socket
 * gives each a poll handle, and on_poll tells c-ares what it may read or write. on_answer notes what was found, which
 * may come at once (from /etc/hosts), and wakes the timer; on_timer tells all that wait, and closes the look-up.
 *
 * What fails: no answer to a query: c-ares wants to be called in time (lookup_arm), asks again, and gives up. That
 * may add up to more than LOOKUP_MS, with many servers or search domains: then on_timer cancels it. Without memory
 * for a poll handle the answer is not seen, and the time runs out.
 *
 * A look-up is a timer, a channel, and as many polls as the channel has sockets. lookup_close takes it out of the
 * list at once and ends the channel, which closes its sockets, and so the polls; the timer's close callback frees it.
 */
#include "daemon/lookup.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/common/error.h"
#include "daemon/list.h"

struct poll {
    uv_poll_t handle;
    struct lookup *lookup;
    struct poll *next;
    ares_socket_t socket;
};

struct lookup {
    uv_timer_t timer;
    struct lookups *all;
    struct lookup *next;
    struct lookup_wait *waits;
    struct poll *polls;
    ares_channel channel;
    uint64_t end_ms;
    bool answered; /* `found` is set */
    bool closed;   /* out of the list; only memory is left */
    struct found found;
    char host[HC_ADDR_BYTES_MAX + 1];
};

static void lookup_arm(struct lookup *lookup);

/* ---- sockets ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct poll *poll = handle->data;
    struct lookup *lookup = poll->lookup;
    bool readable = status != 0 || (events & UV_READABLE) != 0;
    bool writable = status != 0 || (events & UV_WRITABLE) != 0;
    ares_process_fd(lookup->channel, readable ? poll->socket : ARES_SOCKET_BAD,
                    writable ? poll->socket : ARES_SOCKET_BAD);
    lookup_arm(lookup);
}

static struct poll *poll_new(struct lookup *lookup, ares_socket_t socket)
{
    struct poll *poll = calloc(1, sizeof *poll);
    if (!poll || uv_poll_init_socket(lookup->all->loop, &poll->handle, socket) != 0) {
        free(poll);
        return NULL;
    }
    poll->handle.data = poll;
    poll->lookup = lookup;
    poll->socket = socket;
    poll->next = lookup->polls;
    lookup->polls = poll;
    return poll;
}

/* c-ares opens a socket, wants other things of it, or is about to close it. */
static void on_socket(void *data, ares_socket_t socket, int readable, int writable)
{
    struct lookup *lookup = data;
    struct poll **link = &lookup->polls;
    while (*link && (*link)->socket != socket) {
        link = &(*link)->next;
    }
    struct poll *poll = *link;
    if (readable || writable) {
        poll = poll ? poll : poll_new(lookup, socket);
        if (poll) {
            (void)uv_poll_start(&poll->handle, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_poll);
        }
    } else if (poll) {
        *link = poll->next;
        uv_close((uv_handle_t *)&poll->handle, on_poll_closed);
    }
}

/* ---- answers ---- */

static const char *trouble_text(int status)
{
    switch (status) {
    case ARES_SUCCESS:
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
        return "no such host name";
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED:
        return "its host name was not resolved in time";
    default:
        return "its host name cannot be resolved at present";
    }
}

static void on_answer(void *data, int status, int timeouts, struct ares_addrinfo *info)
{
    struct lookup *lookup = data;
    struct found *found = &lookup->found;
    (void)timeouts;
    lookup->answered = true;
    if (info && !lookup->closed) {
        for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
            bool fits = node->ai_addrlen <= sizeof *found->list && found->count < LOOKUP_ADDRESSES_MAX;
            if (fits && (node->ai_family == AF_INET || node->ai_family == AF_INET6)) {
                memcpy(&found->list[found->count++], node->ai_addr, node->ai_addrlen);
            }
        }
    }
    ares_freeaddrinfo(info);
    found->trouble = trouble_text(status);
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void lookup_close(struct lookup *lookup)
{
    struct lookups *all = lookup->all;
    ASSERT(!lookup->waits);
    lookup->closed = true;
    LIST_REMOVE(all->list, lookup, next);
    all->count--;
    ares_destroy(lookup->channel);
    uv_close((uv_handle_t *)&lookup->timer, on_closed);
}

static void lookup_finish(struct lookup *lookup)
{
    struct lookup_wait *wait;
    while ((wait = lookup->waits)) {
        lookup_abandon(wait);
        wait->done(wait, &lookup->found);
    }
    lookup_close(lookup);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *timer)
{
    struct lookup *lookup = timer->data;
    if (!lookup->answered && uv_now(lookup->all->loop) >= lookup->end_ms) {
        ares_cancel(lookup->channel); /* that is an answer, too */
    }
    if (lookup->answered) {
        lookup_finish(lookup);
        return;
    }
    ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    lookup_arm(lookup);
}

/* When c-ares wants to be called, or the time is over; with an answer, at once. */
static void lookup_arm(struct lookup *lookup)
{
    uint64_t now_ms = uv_now(lookup->all->loop), wait_ms = 0;
    struct timeval next;
    if (!lookup->answered && now_ms < lookup->end_ms) {
        wait_ms = lookup->end_ms - now_ms;
        if (ares_timeout(lookup->channel, NULL, &next)) {
            uint64_t next_ms = (uint64_t)next.tv_sec * 1000 + (uint64_t)next.tv_usec / 1000 + 1;
            wait_ms = next_ms < wait_ms ? next_ms : wait_ms;
        }
    }
    uv_timer_start(&lookup->timer, on_timer, wait_ms, 0);
}

/* ---- what dials ask for ---- */

/* With all places taken, the oldest look-up that nothing waits for gives way. */
static void make_room(struct lookups *lookups)
{
    struct lookup *idle = NULL;
    for (struct lookup *lookup = lookups->list; lookup; lookup = lookup->next) {
        idle = !lookup->waits ? lookup : idle; /* the list runs from new to old */
    }
    if (lookups->count >= LOOKUPS_MAX && idle) {
        lookup_close(idle);
    }
}

static struct lookup *lookup_new(struct lookups *lookups, const char *host)
{
    make_room(lookups);
    struct lookup *lookup = lookups->count < LOOKUPS_MAX ? calloc(1, sizeof *lookup) : NULL;
    if (!lookup) {
        return NULL;
    }
    struct ares_options options = {
        .timeout = LOOKUP_QUERY_MS, .tries = LOOKUP_QUERIES, .sock_state_cb = on_socket, .sock_state_cb_data = lookup};
    if (ares_init_options(&lookup->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
        ARES_SUCCESS) {
        free(lookup);
        return NULL;
    }
    CHECK(uv_timer_init(lookups->loop, &lookup->timer) == 0);
    lookup->timer.data = lookup;
    lookup->all = lookups;
    lookup->end_ms = uv_now(lookups->loop) + LOOKUP_MS;
    (void)snprintf(lookup->host, sizeof lookup->host, "%s", host);
    lookup->next = lookups->list;
    lookups->list = lookup;
    lookups->count++;
    return lookup;
}

void lookups_init(struct lookups *lookups, uv_loop_t *loop)
{
    memset(lookups, 0, sizeof *lookups);
    lookups->loop = loop;
}

bool lookup_begin(struct lookups *lookups, struct lookup_wait *wait, const char *host)
{
    struct lookup *lookup = lookups->list;
    ASSERT(!wait->lookup);
    while (lookup && strcmp(lookup->host, host) != 0) {
        lookup = lookup->next;
    }
    if (!lookup) {
        const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        lookup = lookup_new(lookups, host);
        if (!lookup) {
            return false;
        }
        ares_getaddrinfo(lookup->channel, host, NULL, &hints, on_answer, lookup);
        lookup_arm(lookup);
    }
    wait->lookup = lookup;
    wait->next = lookup->waits;
    lookup->waits = wait;
    return true;
}

void lookup_abandon(struct lookup_wait *wait)
{
    if (!wait->lookup) {
        return;
    }
    LIST_REMOVE(wait->lookup->waits, wait, next);
    wait->lookup = NULL;
}

void lookups_stop(struct lookups *lookups)
{
    while (lookups->list) {
        lookup_close(lookups->list);
    }
}
