/* tag: changes a running node's tags. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/tag_words.h"
#include "daemon/json.h"

struct tag_options {
    struct control_target target;
    bool json;
    struct hc_tags changes;
};

/* Adds the request as a line. */
static void add_request(struct textbuf *buf, const struct hc_tags *changes)
{
    const uint8_t *at = changes->packed, *end = at + changes->bytes;
    char key[HC_TAG_KEY_BYTES_MAX + 1], value[HC_TAGS_BYTES_MAX + 1];
    struct json request;
    struct hc_tag tag;

    ASSERT(changes->bytes > 0 && changes->bytes <= sizeof changes->packed);
    json_begin(&request);
    json_text(&request, request.root, "command", "tag");
    cJSON *tags = json_object(&request, request.root, "tags");
    while (hc_tags_next(&tag, &at, end)) {
        (void)snprintf(key, sizeof key, "%.*s", (int)tag.key_bytes, tag.key);
        (void)snprintf(value, sizeof value, "%.*s", (int)tag.value_bytes, tag.value);
        json_text(&request, tags, key, value);
    }
    textbuf_take(buf, json_line(&request));
}

/* The tags that the node has now, in words. */
static int print_words(const char *line)
{
    struct textbuf buf = {0};
    cJSON *answer = cJSON_Parse(line);

    if (!tag_words_json(&buf, cJSON_GetObjectItemCaseSensitive(answer, "tags"))) {
        textbuf_puts(&buf, "no tags");
    }
    textbuf_puts(&buf, "\n");
    int status = cli_print(&buf);
    cJSON_Delete(answer);
    textbuf_free(&buf);
    return status;
}

static int change(struct dialog *dialog, const void *options)
{
    const struct tag_options *tag = options;
    struct textbuf request = {0};
    struct complaint complaint;
    const char *line = NULL;

    add_request(&request, &tag->changes);
    enum dialog_result result = request.failed
                                    ? dialog_fail(DIALOG_FAILED, &complaint, "out of memory")
                                    : dialog_ask(dialog, &line, request.text, CONTROL_COMMIT_MS_MAX, &complaint);
    textbuf_free(&request);
    int status = CLI_OK;
    if (line && tag->json) { /* a refusal, too */
        status = cli_print_line(line);
    } else if (result == DIALOG_OK) {
        status = print_words(line);
    }
    return result == DIALOG_OK ? status : cli_failed(complaint.text);
}

static int run(const void *options)
{
    return dialog_run(change, options);
}

/* A tag, or PORT. */
static bool operand(void *options, const char *text, struct complaint *complaint)
{
    struct tag_options *tag = options;
    bool is_port = strspn(text, "0123456789") == strlen(text);

    return is_port ? target_operand(tag, text, complaint) : value_tag(&tag->changes, text, complaint);
}

static bool check(const void *options, struct complaint *complaint)
{
    const struct tag_options *tag = options;

    if (tag->changes.bytes == 0) {
        return complain(complaint, "no tag is given: expected KEY=VALUE, or KEY= to remove it");
    }
    return target_check(tag, complaint);
}

static const struct argument_option option_list[] = {
    TARGET_OPTIONS(struct tag_options),
    OPTION_JSON(struct tag_options, json, "print the node's answer as a line of JSON (default: its tags in words)"),
    {0},
};

static const struct argument_syntax syntax = {
    .usage = "howcoin-node tag KEY=[VALUE]... [--json] --port PORT | --data-dir DIR",
    .description = "Changes a running node's tags, which every node sees beside its row; KEY= removes a tag. Returns "
                   "when the change is on the node's disk, and shows the tags that it has then.",
    .options = option_list,
    .options_bytes = sizeof(struct tag_options),
    .operand = operand,
    .check = check,
};

const struct command command_tag = {
    .name = "tag", .summary = "change a node's tags, which every node sees", .syntax = &syntax, .run = run};
