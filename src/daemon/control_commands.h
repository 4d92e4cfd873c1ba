/* The commands of the control socket: a table of names, functions and words.
 *
 * A new command is a function and a line of the table in control_commands.c, and a line in docs/CONTROL.md.
 */
#ifndef HOWCOIN_DAEMON_CONTROL_COMMANDS_H
#define HOWCOIN_DAEMON_CONTROL_COMMANDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/control.h"
#include "daemon/control_wait.h"
#include "howcoin/error.h"
#include "howcoin/row.h"

struct command {
    const char *name;
    void (*obey)(struct control *control, struct control_client *client, const cJSON *request);
    bool ahead;       /* taken while others that are `ahead` are under way; any other command waits for all before it */
    const char *help; /* one line, which docs/CONTROL.md repeats */
};

/* The one at `index`, from 0 on; NULL at the end. */
const struct command *command_at(size_t index);
/* The one that a request names; NULL if there is none, and the fault says what was expected. The request may be
 * anything, or NULL. */
const struct command *command_of(const cJSON *request, struct hc_fault *fault) HC_MUST_USE;

/* What a command may do about the client that sent it (control.c): exactly one of these, once. Each may close the
 * client, which must not be used any more then. */

/* Answers, with a line from malloc that is taken over; NULL, for want of memory, closes the client. */
void client_answer(struct control_client *client, char *line);
/* Answers `bad_request`. */
void client_reject(struct control_client *client, const char *words);
/* Will be answered under this ticket, which is greater than 0; 0: no memory, and the client is closed. The next
 * request waits for the answer, unless both commands are `ahead`. */
uint64_t client_ticket(struct control_client *client, bool ahead) HC_MUST_USE;
/* Answers when it is over, or at its time-out. */
void client_wait(struct control_client *client, const struct wait *wait);
/* Answers, and sends a line an event from here on. */
void client_watch(struct control_client *client);
/* Answers when the node has said goodbye. */
void client_leave(struct control_client *client);
/* Answers when the change is durable. The changes are from malloc, and taken over. */
void client_change_tags(struct control_client *client, struct hc_tags *changes);

/* Brings the answer to a ticket, as the above; one whose client is gone is dropped. */
void control_answer(struct control *control, uint64_t ticket, char *line);

#endif
