/**
 * The console as a service: lines of many clients stay whole.
 *
 * The kernel's console is underneath, which has no input. A handler makes no calls and takes as long as the
 * wire needs for SERIAL_MAX_TEXT bytes at most, so one client can delay the others by that, and by nothing
 * else.
 */
#include "lines.h"

#include <aos/aos.h>
#include <interfaces/serial_server.h>
#include <stdlib.h>

/// A client: the state of its session.
struct client {
    domainid_t pid;
    struct line line;
    struct client *next;
};

static struct client *clients;

static struct line *line_of(const struct rpc_session *session)
{
    return &((struct client *)session->state)->line;
}

static errval_t write_text(struct rpc_session *session, const void *text, size_t text_bytes)
{
    return text_bytes > SERIAL_MAX_TEXT ? SERIAL_ERR_TOO_LONG
                                        : line_write(line_of(session), text, text_bytes);
}

static errval_t write_character(struct rpc_session *session, uint8_t character)
{
    const char text = (char)character;
    return line_write(line_of(session), &text, 1);
}

static errval_t read_character(struct rpc_session *session, uint8_t *character)
{
    (void)character;
    line_flush(line_of(session)); // what is asked for may stand there
    return SERIAL_ERR_NO_INPUT;
}

static errval_t flush(struct rpc_session *session)
{
    return line_flush(line_of(session));
}

static errval_t opened(struct rpc_session *session)
{
    unsigned sessions = 0;
    for (const struct client *client = clients; client; client = client->next) {
        sessions += client->pid == session->pid;
    }
    if (sessions >= SERIAL_MAX_SESSIONS) {
        return SERIAL_ERR_SESSIONS;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (!client) {
        return LIB_ERR_MALLOC_FAIL;
    }
    client->pid = session->pid;
    client->next = clients;
    clients = client;
    session->state = client;
    return SYS_ERR_OK;
}

static void closed(struct rpc_session *session)
{
    struct client *client = session->state, **link = &clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    line_end(&client->line);
    free(client);
}

static const struct serial_operations operations = {
    .write = write_text,
    .putchar = write_character,
    .getchar = read_character,
    .flush = flush,
};

static const struct rpc_service service = {
    .skeleton = &serial_skeleton,
    .operations = &operations,
    .opened = opened,
    .closed = closed,
    .call_bytes_max = SERIAL_MAX_TEXT,
};

int main(void)
{
    errval_t err = rpc_export("serial", &service);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "offering the service");
    }
    rpc_serve();
}
