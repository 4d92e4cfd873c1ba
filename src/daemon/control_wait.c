/* When a wait is over, and what is missing if it is not. */
#include "daemon/control_wait.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/common/error.h"
#include "daemon/control_answer.h"
#include "daemon/json.h"
#include "daemon/limits.h"

static enum hc_code read_nodes(struct wait *wait, const cJSON *request, const char *command, struct hc_fault *fault)
{
    *wait = (struct wait){.timeout_ms = CONTROL_WAIT_MS_DEFAULT};
    return json_read_number(&wait->nodes, request, "nodes", 1, HC_ROWS_MAX)
               ? HC_OK
               : fault_set(fault, HC_BAD_FRAME, "%s needs \"nodes\", a whole number from 1 to %u", command,
                           HC_ROWS_MAX);
}

static enum hc_code read_timeout(struct wait *wait, const cJSON *request, struct hc_fault *fault)
{
    return json_read_number(&wait->timeout_ms, request, "timeout_ms", 0, CONTROL_WAIT_MS_MAX)
               ? HC_OK
               : fault_set(fault, HC_BAD_FRAME, "\"timeout_ms\" must be a whole number from 0 to %u",
                           CONTROL_WAIT_MS_MAX);
}

enum hc_code wait_read(struct wait *wait, const cJSON *request, struct hc_fault *fault)
{
    const cJSON *agree = cJSON_GetObjectItemCaseSensitive(request, "agree");
    enum hc_code code = read_nodes(wait, request, "wait", fault);
    code = code == HC_OK ? read_timeout(wait, request, fault) : code;
    if (code == HC_OK && agree && !cJSON_IsBool(agree)) {
        code = fault_set(fault, HC_BAD_FRAME, "\"agree\" must be true or false");
    }
    wait->agree = cJSON_IsTrue(agree);
    return code;
}

enum hc_code wait_read_seen(struct wait *wait, const cJSON *request, struct hc_fault *fault)
{
    enum hc_code code = read_nodes(wait, request, "seen", fault);
    if (code == HC_OK && !json_read_number(&wait->version, request, "version", 1, HC_NUMBER_MAX)) {
        code = fault_set(fault, HC_BAD_FRAME, "seen needs \"version\", a whole number from 1 on");
    }
    return code == HC_OK ? read_timeout(wait, request, fault) : code;
}

bool wait_is_over(const struct wait *wait, const struct hc_node *node, const struct hc_node_view *view)
{
    ASSERT(wait->nodes > 0);
    if (wait->version > 0) {
        return hc_node_seen(node, wait->version) >= wait->nodes;
    }
    return view->row && view->live == wait->nodes && (!wait->agree || hc_node_disagreeing(node) == 0);
}

char *wait_timeout_line(const struct wait *wait, const struct hc_node *node, const struct hc_node_view *view)
{
    char words[160];
    int chars;
    ASSERT(wait->nodes > 0);
    if (wait->version > 0) {
        chars = snprintf(words, sizeof words, "%zu of %" PRIu64 " other nodes are known to hold it",
                         hc_node_seen(node, wait->version), wait->nodes);
    } else if (view->live <= wait->nodes) {
        chars = snprintf(words, sizeof words, "%zu of %" PRIu64 " nodes are live", view->live, wait->nodes);
    } else {
        chars = snprintf(words, sizeof words, "%zu nodes are live instead of %" PRIu64, view->live, wait->nodes);
    }
    size_t disagreeing = wait->agree ? hc_node_disagreeing(node) : 0;
    if (disagreeing > 0 && chars > 0) {
        (void)snprintf(words + chars, sizeof words - (size_t)chars,
                       "; %zu of them held another table, or had told none, when last heard", disagreeing);
    }
    return answer_error(ANSWER_TIMEOUT, words);
}
