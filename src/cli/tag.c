/* tag: changes a running node's tags. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/control_client.h"
#include "cli/tag_words.h"

#define KEY_JSON 256
/* The change waits for the disk; longer than this is no slow disk any more. */
#define ANSWER_MS_MAX 60000

struct tag_options {
    struct control_target target;
    struct hc_tags changes;
    bool json;
};

static const struct argument_option option_list[] = {
    CONTROL_TARGET_OPTIONS,
    {"json", KEY_JSON, NULL, false, "the node's answer as one line of JSON, for scripts\n(default: its tags in words)"},
    {0},
};

static bool take(void *context, int key, const char *value, struct complaint *complaint)
{
    struct tag_options *options = context;

    if (key == KEY_JSON) {
        options->json = true;
        return true;
    }
    if (key == 0 && strspn(value, "0123456789") != strlen(value)) {
        return argument_tag(&options->changes, value, complaint);
    }
    return control_target_take(&options->target, key, value, complaint);
}

static const struct argument_syntax syntax = {
    .usage = "howcoin-node tag [--json] --port PORT | --data-dir DIR KEY=VALUE... KEY=...",
    .summary = "Changes a running node's tags, which all others see beside its row; KEY= takes one away. Returns when\n"
               "that is on the node's disk, and shows the tags it has.",
    .options = option_list,
    .take = take,
};

/* The request as a line; to be freed with cJSON_free, or NULL if memory ran out. */
static char *request_make(const struct hc_tags *changes)
{
    const uint8_t *at = changes->packed, *end = at + changes->bytes;
    char key[HC_TAG_KEY_BYTES_MAX + 1], value[HC_TAGS_BYTES_MAX + 1];
    cJSON *request = cJSON_CreateObject();
    bool whole = cJSON_AddStringToObject(request, "command", "tag") != NULL;
    cJSON *tags = cJSON_AddObjectToObject(request, "tags");
    struct hc_tag tag;

    while (whole && hc_tags_next(&tag, &at, end)) {
        (void)snprintf(key, sizeof key, "%.*s", (int)tag.key_bytes, tag.key);
        (void)snprintf(value, sizeof value, "%.*s", (int)tag.value_bytes, tag.value);
        whole = cJSON_AddStringToObject(tags, key, value) != NULL;
    }
    char *text = whole ? cJSON_PrintUnformatted(request) : NULL;
    cJSON_Delete(request);
    return text;
}

/* The tags it has now, in words; or its answer. */
static int print_answer(const char *line, bool json)
{
    struct textbuf buf = {0};
    cJSON *answer = json ? NULL : cJSON_Parse(line);

    if (json) {
        textbuf_puts(&buf, line);
    } else if (!tag_words_json(&buf, cJSON_GetObjectItemCaseSensitive(answer, "tags"))) {
        textbuf_puts(&buf, "no tags");
    }
    textbuf_puts(&buf, "\n");
    int status = cli_print(&buf);
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int change(struct dialog *dialog, const struct tag_options *options)
{
    struct hc_fault fault;
    const char *line;
    char *request = request_make(&options->changes);

    if (request == NULL) {
        return cli_failed("out of memory");
    }
    enum hc_code code = dialog_send(dialog, request, &fault);
    cJSON_free(request);
    if (code == HC_OK) {
        code = dialog_send(dialog, "\n", &fault);
    }
    if (code == HC_OK) {
        code = dialog_read(dialog, &line, control_now_ms() + ANSWER_MS_MAX, &fault);
    }
    if (code != HC_OK) {
        return cli_failed(fault.text);
    }
    if (control_answer_check(line, &fault) == HC_OK) {
        return print_answer(line, options->json);
    }
    if (options->json) { /* what it refuses, it says there, too */
        (void)print_answer(line, true);
    }
    return cli_failed(fault.text);
}

int command_tag(const char *program, int argc, char **argv)
{
    struct tag_options options = {0};
    struct complaint complaint;
    struct dialog dialog;
    struct hc_fault fault;

    (void)program;
    enum arguments_result read = arguments_read(&syntax, &options, argc, argv, &complaint);
    if (read == ARGUMENTS_HELP) {
        return cli_help(&syntax);
    }
    if (read == ARGUMENTS_OK && options.changes.bytes == 0) {
        read = ARGUMENTS_WRONG;
        (void)complain(&complaint, "a tag is missing: expected KEY=VALUE, or KEY= to take one away");
    }
    if (read == ARGUMENTS_WRONG || !control_target_check(&options.target, &complaint)) {
        return cli_wrong_usage(argv[0], &complaint);
    }
    int status =
        dialog_open(&dialog, &options.target, &fault) == HC_OK ? change(&dialog, &options) : cli_failed(fault.text);
    dialog_close(&dialog);
    return status;
}
