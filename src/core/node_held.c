/* Messages that bring more new rows than one step may check the signatures of (HC_CHECKS_A_STEP_MAX).
 *
 * Nobody waits for our checks: a request is answered, and an answer's exchange is over, before the rows are taken in. The
 * message is held, and each time-out checks a part of one, until state_take has seen all of its rows and takes them in
 * together (L3). One message is ended before the next is begun: what several peers tell is mostly the same, and what the
 * first of them brought is known when the others have their turn (M2). Answers come first: we asked for them, and a round
 * is complete only when they are taken in. Requests have half of the places at most, so that strangers cannot fill all.
 */
#include <string.h>

#include "core/node_parts.h"
#include "core/state.h"

static void held_remove(struct hc_node *node, size_t at)
{
    struct hc_state *state = node->held[at].state;
    node->held_count--;
    memmove(&node->held[at], &node->held[at + 1], (node->held_count - at) * sizeof *node->held);
    state_unref(state);
}

static size_t rows_bytes(const struct hc_state *state)
{
    size_t bytes = state->live_text_bytes;
    for (size_t i = 0; i < state->gone_count; i++) {
        bytes += state->gone[i].row->text_bytes;
    }
    for (size_t i = 0; i < state->fork_count; i++) {
        bytes += state->forks[i]->text_bytes;
    }
    return bytes;
}

/* False: there is no room for one more. */
static bool held_add(struct hc_node *node, const struct held *message)
{
    size_t part = message->answer ? 1 : 2, count = 1, added = rows_bytes(message->state), bytes = added;
    for (size_t i = 0; i < node->held_count; i++) {
        bool counts = message->answer || !node->held[i].answer;
        count += counts;
        bytes += counts ? node->held[i].bytes : 0;
    }
    if (node->held_count == HELD_MAX || count > HELD_MAX / part || bytes > HELD_BYTES_MAX / part) {
        return false;
    }
    struct held *held = &node->held[node->held_count++];
    *held = *message;
    held->bytes = added;
    state_ref(held->state);
    return true;
}

static enum hc_code held_try(struct hc_node *node, const struct held *message, struct hc_effects *effects)
{
    enum hc_code code = state_take(node, message->state, message->heard_ms, message->introduce, effects);
    if (code != HC_BUSY && message->answer) {
        answer_taken(node, message, code, effects);
    }
    return code;
}

enum hc_code held_take(struct hc_node *node, const struct held *message, struct hc_effects *effects)
{
    enum hc_code code = held_try(node, message, effects);
    if (code != HC_BUSY) {
        return code;
    }
    if (!node->leaving && held_add(node, message)) {
        return HC_OK;
    }
    refused_add(node, HC_BUSY, 1, "too much to check at once", effects);
    if (message->answer) {
        answer_taken(node, message, HC_OK, effects); /* its sender is alive all the same */
    }
    return HC_OK;
}

enum hc_code held_work(struct hc_node *node, struct hc_effects *effects)
{
    if (node->held_count == 0) {
        return HC_OK;
    }
    size_t at = 0;
    while (at < node->held_count && !node->held[at].answer) {
        at++;
    }
    at = at < node->held_count ? at : 0;
    enum hc_code code = held_try(node, &node->held[at], effects);
    if (code == HC_BUSY) {
        return HC_OK;
    }
    held_remove(node, at);
    return code == HC_NO_MEMORY ? code : HC_OK;
}

bool held_answers(const struct hc_node *node)
{
    for (size_t i = 0; i < node->held_count; i++) {
        if (node->held[i].answer) {
            return true;
        }
    }
    return false;
}

void held_release(struct hc_node *node)
{
    while (node->held_count > 0) {
        held_remove(node, node->held_count - 1);
    }
}
