/* The good path: dial_begin parses the address (or has it looked up: on_found), and connects; on_connected tells the owner.
 *
 * What fails: no such name, no process at the address: dial_try goes on to the next address, with a new socket once
 * the old one is closed (on_closed); after the last one the reason is told.
 *
 * A dial is one socket, and before that perhaps one wait for a look-up. dial_close ends both; the socket's close callback,
 * or dial_close itself if there is none, tells the owner that nothing is left.
 */
#include "daemon/dial.h"

#include <unistd.h>

#include "core/common/address.h"
#include "core/common/error.h"

static void dial_try(struct dial *dial);

static void on_closed(uv_handle_t *handle)
{
    struct dial *dial = handle->data;
    dial->open = false;
    if (dial->hung_up) {
        dial->closed(dial);
    } else {
        dial_try(dial);
    }
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct dial *dial = connect->data;
    if (uv_is_closing((uv_handle_t *)&dial->tcp)) {
        return;
    }
    if (status == 0) {
        uv_tcp_nodelay(&dial->tcp, 1);
        dial->done(dial, HC_OK, NULL);
        return;
    }
    dial->trouble = status;
    if (dial->tried == dial->found.count) {
        dial->done(dial, HC_UNREACHABLE, uv_strerror(status));
    } else {
        uv_close((uv_handle_t *)&dial->tcp, on_closed);
    }
}

/* 0 or a libuv error. */
static int dial_open(struct dial *dial)
{
    ASSERT(!dial->open && !dial->hung_up);
    int status = uv_tcp_init(dial->loop, &dial->tcp);
    dial->open = status == 0;
    dial->tcp.data = dial;
    return status;
}

/* Opens a socket to one address. 0 or a libuv error; then the socket may be open all the same. */
static int dial_connect(struct dial *dial, const struct sockaddr *address)
{
    int status = dial_open(dial);
    dial->connect.data = dial;
    return status == 0 ? uv_tcp_connect(&dial->connect, &dial->tcp, address, on_connected) : status;
}

/* Connects to the next address that was found; with none left, tells why the last one failed. */
static void dial_try(struct dial *dial)
{
    ASSERT(!dial->hung_up && dial->tried <= dial->found.count);
    if (dial->tried == dial->found.count) {
        dial->done(dial, HC_UNREACHABLE, uv_strerror(dial->trouble));
        return;
    }
    union address *next = &dial->found.list[dial->tried++];
    address_set_port(next, dial->port);
    int status = dial_connect(dial, &next->any);
    if (status == 0) {
        return;
    }
    dial->trouble = status;
    if (dial->open) {
        uv_close((uv_handle_t *)&dial->tcp, on_closed);
    } else {
        dial->done(dial, HC_UNREACHABLE, uv_strerror(status));
    }
}

static void on_found(struct lookup_wait *wait, const struct found *found)
{
    struct dial *dial = wait->owner;
    ASSERT(!dial->hung_up && dial->tried == 0);
    dial->found = *found;
    if (found->count > 0) {
        dial_try(dial);
    } else {
        dial->done(dial, HC_UNREACHABLE, found->trouble);
    }
}

void dial_begin(struct dial *dial, const char *address)
{
    char host[HC_ADDR_BYTES_MAX + 1];
    union address numeric;
    hc_address_split(host, &dial->port, address);
    if (address_read(&numeric, host, dial->port)) {
        int status = dial_connect(dial, &numeric.any);
        if (status != 0) {
            dial->done(dial, HC_UNREACHABLE, uv_strerror(status));
        }
        return;
    }
    dial->wait.owner = dial;
    dial->wait.done = on_found;
    if (!lookup_begin(dial->lookups, &dial->wait, host)) {
        dial->done(dial, HC_NO_MEMORY, "out of memory");
    }
}

bool dial_adopt(struct dial *dial, int fd)
{
    if (dial_open(dial) == 0 && uv_tcp_open(&dial->tcp, fd) == 0) {
        uv_tcp_nodelay(&dial->tcp, 1);
        return true;
    }
    (void)close(fd);
    return false;
}

void dial_close(struct dial *dial)
{
    ASSERT(!dial->hung_up);
    dial->hung_up = true;
    lookup_abandon(&dial->wait);
    if (!dial->open) {
        dial->closed(dial);
    } else if (!uv_is_closing((uv_handle_t *)&dial->tcp)) {
        uv_close((uv_handle_t *)&dial->tcp, on_closed);
    }
}
