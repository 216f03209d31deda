#include "service.h"

#include <aos/aos.h>
#include <interfaces/echo_server.h>
#include <stdlib.h>
#include <string.h>

#define MICROSECONDS 1000UL ///< In a millisecond.

/// What a client has noted.
struct notes {
    uint64_t count;
    uint64_t sum;
};

static errval_t number(struct rpc_session *session, uint64_t value, uint64_t *twice)
{
    (void)session;
    *twice = 2 * value;
    return SYS_ERR_OK;
}

static errval_t numbers(struct rpc_session *session, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                        uint64_t *sum)
{
    (void)session;
    *sum = a + b + c + d;
    return SYS_ERR_OK;
}

static errval_t seven(struct rpc_session *session, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                      uint64_t f, uint64_t g, uint64_t *sum)
{
    (void)session;
    *sum = a + b + c + d + e + f + g;
    return SYS_ERR_OK;
}

static errval_t twelve(struct rpc_session *session, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                       uint64_t e, uint64_t f, uint64_t g, uint64_t h, uint64_t i, uint64_t j, uint64_t k,
                       uint64_t l, uint64_t *sum)
{
    (void)session;
    *sum = a + b + c + d + e + f + g + h + i + j + k + l;
    return SYS_ERR_OK;
}

static errval_t small(struct rpc_session *session, uint8_t a, int16_t b, bool c, int16_t *d, bool *e)
{
    (void)session;
    *d = (int16_t)(a + b);
    *e = !c;
    return SYS_ERR_OK;
}

static errval_t string(struct rpc_session *session, const char *text, uint64_t *length)
{
    (void)session;
    *length = strlen(text);
    return SYS_ERR_OK;
}

static errval_t bytes(struct rpc_session *session, const void *data, size_t data_bytes,
                      struct rpc_bytes *back)
{
    (void)session;
    *back = (struct rpc_bytes){.data = data, .bytes = data_bytes};
    return SYS_ERR_OK;
}

static errval_t buffer(struct rpc_session *session, const void *data, size_t data_bytes, size_t back_max,
                       struct rpc_bytes *back)
{
    (void)back_max; // too little room is the caller's error, and it hears of it
    return bytes(session, data, data_bytes, back);
}

static errval_t take(struct rpc_session *session, const void *data, size_t data_bytes, uint64_t *length)
{
    (void)session;
    (void)data;
    *length = data_bytes;
    return SYS_ERR_OK;
}

static errval_t fill(struct rpc_session *session, uint64_t count, uint8_t first, size_t data_max,
                     struct rpc_bytes *data)
{
    // The same is asked for again and again, and what it costs to make is nobody's subject.
    static struct {
        uint8_t *data;
        uint64_t count;
        uint8_t first;
    } last;
    (void)session;
    (void)data_max;
    if (count > RPC_MAX_BYTES) {
        return RPC_ERR_TOO_LONG;
    }
    if (!last.data || last.count != count || last.first != first) {
        free(last.data);
        last.data = malloc(count + 1);
        if (!last.data) {
            return LIB_ERR_MALLOC_FAIL;
        }
        for (size_t i = 0; i < count; i++) {
            last.data[i] = echo_pattern(i, first);
        }
        last.count = count;
        last.first = first;
    }
    *data = (struct rpc_bytes){.data = last.data, .bytes = count};
    return SYS_ERR_OK;
}

static errval_t reverse(struct rpc_session *session, const uint32_t *values, size_t values_count,
                        struct rpc_bytes *back)
{
    (void)session;
    uint32_t *reversed = malloc(values_count * sizeof(*values) + 1);
    if (!reversed) {
        return LIB_ERR_MALLOC_FAIL;
    }
    for (size_t i = 0; i < values_count; i++) {
        reversed[i] = values[values_count - 1 - i];
    }
    *back = (struct rpc_bytes){.data = reversed, .bytes = values_count * sizeof(*values), .owned = true};
    return SYS_ERR_OK;
}

static errval_t mixed(struct rpc_session *session, const char *first, const uint32_t *values,
                      size_t values_count, uint16_t tag, const char *second, const void *data,
                      size_t data_bytes, struct rpc_bytes *both, struct rpc_bytes *same, uint16_t *tag_back,
                      uint64_t *length)
{
    (void)session;
    (void)data;
    size_t head = strlen(first), tail = strlen(second) + 1;
    char *text = malloc(head + tail);
    if (!text) {
        return LIB_ERR_MALLOC_FAIL;
    }
    memcpy(text, first, head);
    memcpy(text + head, second, tail);
    *both = (struct rpc_bytes){.data = text, .bytes = head + tail, .owned = true};
    *same = (struct rpc_bytes){.data = values, .bytes = values_count * sizeof(*values)};
    *tag_back = tag;
    *length = data_bytes;
    return SYS_ERR_OK;
}

/// `e` is a copy of what is deleted here, so it has to have gone before the handler returns.
static errval_t caps(struct rpc_session *session, uint32_t tag, struct capref a, struct capref b,
                     struct capref c, struct capref *d, struct capref *e, uint32_t *tag_back)
{
    (void)d;
    (void)e;
    (void)tag_back;
    struct rpc_call *call = rpc_defer(session);
    if (call) {
        echo_caps_answer(call, SYS_ERR_OK, b, tag % 2 == 0 ? a : c, tag);
    } else {
        cap_destroy(b);
    }
    cap_destroy(a);
    cap_destroy(c);
    return call ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
}

static errval_t pass_one(struct rpc_session *session, struct capref a, struct capref *x)
{
    (void)session;
    *x = a;
    return SYS_ERR_OK;
}

static errval_t pass_two(struct rpc_session *session, struct capref a, struct capref b, struct capref *x,
                         struct capref *y)
{
    (void)session;
    *x = a;
    *y = b;
    return SYS_ERR_OK;
}

static errval_t pass_three(struct rpc_session *session, struct capref a, struct capref b, struct capref c,
                           struct capref *x, struct capref *y, struct capref *z)
{
    (void)session;
    *x = a;
    *y = b;
    *z = c;
    return SYS_ERR_OK;
}

static errval_t pass_four(struct rpc_session *session, struct capref a, struct capref b, struct capref c,
                          struct capref d, struct capref *x, struct capref *y, struct capref *z,
                          struct capref *w)
{
    (void)session;
    *x = a;
    *y = b;
    *z = c;
    *w = d;
    return SYS_ERR_OK;
}

/// A call of `later`.
struct delayed {
    struct rpc_call *call;
    uint64_t until_us;
    uint64_t value;
};

static int answer_later(void *argument)
{
    struct delayed *delayed = argument;
    thread_sleep_until(delayed->until_us);
    echo_later_answer(delayed->call, SYS_ERR_OK, delayed->value);
    free(delayed);
    return 0;
}

static errval_t later(struct rpc_session *session, uint64_t milliseconds, uint64_t value, uint64_t *same)
{
    (void)same;
    struct delayed *delayed = malloc(sizeof(*delayed));
    struct rpc_call *call = delayed ? rpc_defer(session) : NULL;
    if (!call) {
        free(delayed);
        return LIB_ERR_MALLOC_FAIL;
    }
    *delayed = (struct delayed){call, clock_now_us() + milliseconds * MICROSECONDS, value};
    errval_t err = thread_create(answer_later, delayed, NULL);
    if (err_is_fail(err)) {
        free(delayed);
        echo_later_answer(call, err, 0);
    }
    return RPC_LATER;
}

static errval_t note(struct rpc_session *session, uint64_t value)
{
    struct notes *notes = session->state;
    notes->count++;
    notes->sum += value;
    return SYS_ERR_OK;
}

static errval_t say_notes(struct rpc_session *session, uint64_t *count, uint64_t *sum)
{
    const struct notes *notes = session->state;
    *count = notes->count;
    *sum = notes->sum;
    return SYS_ERR_OK;
}

static errval_t fail(struct rpc_session *session, errval_t error)
{
    (void)session;
    return error;
}

/// Makes a channel of our own for the one that is called back, who calls over it again.
static errval_t call_back(struct rpc_client *client, uint32_t depth, domainid_t pid, uint64_t *sum)
{
    struct rpc_session *session;
    struct capref channel;
    errval_t err = rpc_session_create(&echo_service, pid, 0, NULL_CAP, &session, &channel);
    if (err_is_fail(err)) {
        return err;
    }
    return echo_nest(client, depth, channel, sum);
}

static errval_t nest(struct rpc_session *session, uint32_t depth, struct capref channel, uint64_t *sum)
{
    if (depth == 0) {
        cap_destroy(channel);
        return SYS_ERR_OK;
    }
    struct rpc_client *client = malloc(sizeof(*client));
    if (!client) {
        cap_destroy(channel);
        return LIB_ERR_MALLOC_FAIL;
    }
    uint64_t inner = 0;
    errval_t err = rpc_client_open(client, &echo_interface, channel);
    if (err_is_ok(err)) {
        err = call_back(client, depth - 1, session->pid, &inner);
        rpc_client_close(client);
    }
    free(client);
    *sum = inner + depth;
    return err;
}

static errval_t opened(struct rpc_session *session)
{
    session->state = calloc(1, sizeof(struct notes));
    return session->state ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL;
}

static void closed(struct rpc_session *session)
{
    free(session->state);
    session->state = NULL;
}

static const struct echo_operations operations = {
    .number = number,
    .numbers = numbers,
    .string = string,
    .bytes = bytes,
    .buffer = buffer,
    .caps = caps,
    .reverse = reverse,
    .later = later,
    .note = note,
    .fail = fail,
    .small = small,
    .nest = nest,
    .seven = seven,
    .twelve = twelve,
    .take = take,
    .fill = fill,
    .pass_one = pass_one,
    .pass_two = pass_two,
    .pass_three = pass_three,
    .pass_four = pass_four,
    .mixed = mixed,
    .notes = say_notes,
};

const struct rpc_service echo_service = {
    .skeleton = &echo_skeleton,
    .operations = &operations,
    .opened = opened,
    .closed = closed,
};
