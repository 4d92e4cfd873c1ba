/* How long a node takes over a full state that it knows already: decode, and merge into a table of as many rows; in what
 * steps a newcomer takes in a state that is all new to it; and over rows that are signed, but that their owners cannot pay: the
 * first time, and when they come again.
 *
 *   bench_merge [ROWS [REPETITIONS]]      by default 1,000 rows and 201 repetitions; prints medians.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/common/error.h"
#include "core/common/memory.h"
#include "core/rows/identity.h"
#include "core/rows/network.h"
#include "core/rows/row.h"
#include "core/rows/state.h"
#include "core/table/merge.h"
#include "core/table/table.h"
#include "howcoin/node.h"
#include "howcoin/wire.h"

#define REPETITIONS_MAX 100000
/* Rows of a flood that their owners cannot pay. */
#define FLOOD_ROWS 2000

static void must(enum hc_code code, const char *what)
{
    if (code != HC_OK) {
        (void)fprintf(stderr, "bench_merge: %s: %s\n", what, hc_code_text(code));
        exit(1);
    }
}

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* What the process itself has used: a step is long for what it does, not for what else the machine does. */
static double used_ms(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void make_identity(struct hc_identity *identity, size_t number)
{
    uint8_t seed[HC_SEED_BYTES] = {0};
    memcpy(seed, &number, sizeof number);
    hc_identity_from_seed(identity, seed);
}

/* The state of `rows` nodes, as one of them would tell it; poor ones pay more than any node can have. */
static struct hc_state *make_state(const struct hc_network *network, size_t first, size_t rows, bool poor)
{
    struct hc_state *state = NULL;
    const struct hc_sent sent = {.payee = {1}, .amount = HC_NUMBER_MAX};

    must(state_new(&state), "state_new");
    for (size_t i = 0; i < rows; i++) {
        struct hc_identity identity;
        struct hc_row *row = NULL;
        char addr[HC_ADDR_BYTES_MAX + 1];

        make_identity(&identity, first + i);
        (void)snprintf(addr, sizeof addr, "127.0.0.1:%zu", 10000 + i % 50000);
        struct hc_row_fields fields = {.addr = addr, .name = "", .draw = 3, .version = 7};
        memcpy(fields.id, identity.id, HC_ID_BYTES);
        fields.sent = &sent;
        fields.sent_count = poor;
        fields.coins = network_draw(network, identity.id, fields.draw);
        must(row_sign(&row, &fields, network, &identity), "row_sign");
        must(state_add_live(state, row), "state_add_live");
        hc_row_unref(row);
    }
    state_seal(state);
    return state;
}

/* One request as it comes from the network; times of decoding and of merging, in ms. */
static void take(struct table *table, const char *line, size_t bytes, const uint8_t *own_id, double *decode_ms,
                 double *merge_ms, size_t *changes)
{
    struct hc_message message = {0};
    struct merge merge = {0};
    struct hc_fault fault;

    double begin = now_ms();
    must(hc_wire_decode(&message, line, bytes, table->network->id, &fault), "hc_wire_decode");
    double decoded = now_ms();
    must(table_merge(table, &merge, message.state->live, message.state->live_count, own_id), "table_merge");
    double merged = now_ms();
    *changes = merge.change_count;
    merge_free(&merge);
    hc_message_clear(&message);
    *decode_ms = decoded - begin;
    *merge_ms = merged - decoded;
}

/* A newcomer is told the state in a request; one step after the other until nothing of it is left to do. */
static void join(const struct hc_network *network, const char *line, size_t bytes, size_t rows)
{
    struct hc_node *node = NULL;
    struct hc_effects effects = {0};
    struct hc_message message = {0};
    struct hc_node_view view;
    struct hc_fault fault;
    struct hc_node_config config = {.network = network,
                                    .address = "127.0.0.1:9999",
                                    .name = "",
                                    .gossip_interval_ms = HC_INTERVAL_MS_MAX,
                                    .seed = {1}};
    make_identity(&config.identity, SIZE_MAX - 1);
    must(hc_node_new(&node, &config), "hc_node_new");
    hc_identity_wipe(&config.identity);
    must(hc_node_step(node, &(struct hc_event){.kind = HC_EVENT_START}, &effects), "hc_node_step");
    must(hc_wire_decode(&message, line, bytes, network->id, &fault), "hc_wire_decode");

    struct hc_event event = {.kind = HC_EVENT_REQUEST, .message = &message};
    double longest_ms = 0, last_ms, sum_ms = 0;
    size_t steps = 0;
    do {
        double begin = used_ms();
        must(hc_node_step(node, &event, &effects), "hc_node_step");
        last_ms = used_ms() - begin;
        longest_ms = last_ms > longest_ms ? last_ms : longest_ms;
        sum_ms += last_ms;
        steps++;
        event = (struct hc_event){.kind = HC_EVENT_TIMEOUT};
    } while (hc_node_deadline(node) <= 0);
    hc_node_look(node, &view);
    if (view.known != (rows < HC_ROWS_MAX ? rows + 1 : HC_ROWS_MAX)) {
        (void)fprintf(stderr, "bench_merge: the newcomer knows %zu rows\n", view.known);
        exit(1);
    }
    printf("  joins:  %8.3f ms in %zu steps; the longest %.3f ms, the last %.3f ms (target for 1 MB: under 10 ms)\n",
           sum_ms, steps, longest_ms, last_ms);
    hc_message_clear(&message);
    hc_effects_free(&effects);
    hc_node_free(node);
}

/* A flood of rows that wait, into a table that knows others; twice. */
static void flood(struct table *table, const uint8_t *own_id)
{
    struct hc_message request = {.type = HC_MESSAGE_REQUEST,
                                 .state = make_state(table->network, HC_ROWS_MAX, FLOOD_ROWS, true)};
    double decode_ms[2], merge_ms[2];
    size_t bytes, changes;
    char *line;

    memcpy(request.network, table->network->id, HC_NETWORK_BYTES);
    memcpy(request.from, own_id, HC_ID_BYTES);
    must(hc_wire_encode(&line, &bytes, &request), "hc_wire_encode");
    for (int i = 0; i < 2; i++) {
        take(table, line, bytes - 1, own_id, &decode_ms[i], &merge_ms[i], &changes);
        if (changes != 0) {
            (void)fprintf(stderr, "bench_merge: a row that its owner cannot pay was taken in\n");
            exit(1);
        }
    }
    printf("%d rows that their owners cannot pay, %.1f KB\n", FLOOD_ROWS, (double)bytes / 1e3);
    printf("  first:  decode %8.3f ms, merge %8.3f ms\n", decode_ms[0], merge_ms[0]);
    printf("  again:  decode %8.3f ms, merge %8.3f ms\n", decode_ms[1], merge_ms[1]);
    memory_free(line);
    hc_message_clear(&request);
}

int main(int argc, char **argv)
{
    size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    size_t repetitions = argc > 2 ? strtoul(argv[2], NULL, 10) : 201;
    const char *text = "5\n10\n115\n20\n250\n";
    struct hc_network *network;
    struct table table;
    struct hc_identity own;
    struct hc_fault fault;
    char *line = NULL;
    size_t bytes = 0, changes = 0;
    const uint8_t key[16] = {0};

    if (rows < 1 || rows > HC_ROWS_MAX || repetitions < 1 || repetitions > REPETITIONS_MAX) {
        (void)fprintf(stderr, "usage: bench_merge [ROWS up to %u [REPETITIONS up to %d]]\n", HC_ROWS_MAX,
                      REPETITIONS_MAX);
        return 2;
    }
    must(hc_network_new(&network, text, strlen(text), "bench", "", &fault), "hc_network_new");
    make_identity(&own, SIZE_MAX);
    table_init(&table, network, key);

    struct hc_message request = {.type = HC_MESSAGE_REQUEST, .state = make_state(network, 0, rows, false)};
    memcpy(request.network, network->id, HC_NETWORK_BYTES);
    memcpy(request.from, own.id, HC_ID_BYTES);
    must(hc_wire_encode(&line, &bytes, &request), "hc_wire_encode");
    bytes--; /* without its end, as it is decoded */

    double first_decode, first_merge;
    take(&table, line, bytes, own.id, &first_decode, &first_merge, &changes);
    if (changes != rows) {
        (void)fprintf(stderr, "bench_merge: %zu of %zu rows were taken in\n", changes, rows);
        return 1;
    }

    double *decode_ms = calloc(repetitions, sizeof *decode_ms);
    double *merge_ms = calloc(repetitions, sizeof *merge_ms);
    double *both_ms = calloc(repetitions, sizeof *both_ms);
    if (!decode_ms || !merge_ms || !both_ms) {
        return 1;
    }
    for (size_t i = 0; i < repetitions; i++) {
        take(&table, line, bytes, own.id, &decode_ms[i], &merge_ms[i], &changes);
        if (changes != 0) {
            (void)fprintf(stderr, "bench_merge: a known state changed %zu rows\n", changes);
            return 1;
        }
        both_ms[i] = decode_ms[i] + merge_ms[i];
    }
    printf("%zu rows, %.1f KB, median of %zu\n", rows, (double)bytes / 1e3, repetitions);
    printf("  new:    decode %8.3f ms, merge %8.3f ms (once; signatures are checked)\n", first_decode, first_merge);
    printf("  known:  decode %8.3f ms, merge %8.3f ms\n", median(decode_ms, repetitions),
           median(merge_ms, repetitions));
    join(network, line, bytes, rows);
    printf("  known, both: %.3f ms (target for 1,000 rows: under 10 ms)\n", median(both_ms, repetitions));

    flood(&table, own.id);

    free(decode_ms);
    free(merge_ms);
    free(both_ms);
    memory_free(line);
    hc_message_clear(&request);
    table_free(&table);
    hc_network_free(network);
    hc_identity_wipe(&own);
    return 0;
}
