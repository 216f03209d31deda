/**
 * Every message of the service echo. All that goes out has the member's number in it, and a number of its
 * own.
 */
#include "swarm.h"

#include <interfaces/echo.h>

#define SHORT_BYTES 300
#define LONG_BYTES  9000
#define LONGEST     100000
#define LATER_MS    3

static struct rpc_client *echo;

void echo_open(void)
{
    CHECK_OK(rpc_connect("echo", &echo_interface, &echo));
}

static uint64_t mark(struct member *member)
{
    return (uint64_t)member->number << 48 | (uint64_t)below(member, 1 << 16) << 24 | below(member, 1 << 24);
}

/// Mostly short, seldom very long.
static size_t some_length(struct member *member)
{
    switch (below(member, 32)) {
    case 0:
        return below(member, LONGEST);
    case 1:
    case 2:
    case 3:
        return below(member, LONG_BYTES);
    default:
        return below(member, SHORT_BYTES);
    }
}

static uint8_t *some_bytes(struct member *member, size_t bytes)
{
    uint8_t *data = malloc(bytes + 1);
    const uint64_t first = mark(member);
    CHECK(data);
    for (size_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(first >> i % 8 * 8) ^ (uint8_t)(i >> 3);
    }
    data[bytes] = 0;
    return data;
}

static void ask_numbers(struct member *member)
{
    const uint64_t a = mark(member), b = mark(member);
    uint64_t result = 0;
    CHECK_OK(echo_number(echo, a, &result));
    CHECK(result == 2 * a);
    CHECK_OK(echo_numbers(echo, a, b, 1, 2, &result));
    CHECK(result == a + b + 3);
    CHECK_OK(echo_seven(echo, a, b, a, b, a, b, 1, &result));
    CHECK(result == 3 * a + 3 * b + 1);
    CHECK_OK(echo_twelve(echo, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, b, a, &result));
    CHECK(result == a + b + 55);
    member->calls += 4;
}

static void ask_bytes(struct member *member)
{
    const size_t bytes = some_length(member);
    uint8_t *data = some_bytes(member, bytes);
    void *back = NULL;
    size_t back_bytes = 0;
    CHECK_OK(echo_bytes(echo, data, bytes, &back, &back_bytes));
    CHECK(back_bytes == bytes && (bytes == 0 || memcmp(back, data, bytes) == 0));
    free(back);
    free(data);
    member->calls++;
}

static void ask_buffer(struct member *member)
{
    const size_t bytes = some_length(member);
    uint8_t *data = some_bytes(member, bytes), *back = malloc(bytes + 1);
    size_t back_bytes = 0;
    CHECK(back);
    CHECK_OK(echo_buffer(echo, data, bytes, back, bytes, &back_bytes));
    CHECK(back_bytes == bytes && memcmp(back, data, bytes) == 0);
    free(back);
    free(data);
    member->calls++;
}

static void ask_array(struct member *member)
{
    const size_t count = some_length(member) / sizeof(uint32_t);
    uint32_t *values = (uint32_t *)(void *)some_bytes(member, count * sizeof(*values)), *back = NULL;
    size_t back_count = 0;
    CHECK_OK(echo_reverse(echo, values, count, &back, &back_count));
    CHECK(back_count == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(back[i] == values[count - 1 - i]);
    }
    free(back);
    free(values);
    member->calls++;
}

static void ask_string(struct member *member)
{
    const size_t bytes = some_length(member);
    uint64_t length = 0;
    char *text = malloc(bytes + 1);
    CHECK(text);
    memset(text, (int)('a' + member->number % 26), bytes);
    text[bytes] = 0;
    CHECK_OK(echo_string(echo, text, &length));
    CHECK(length == bytes);
    free(text);
    member->calls++;
}

static void ask_caps(struct member *member)
{
    struct capref frames[2], got[2];
    struct capability_info sent[2], came[2];
    for (unsigned i = 0; i < 2; i++) {
        CHECK_OK(frame_alloc(&frames[i], BASE_PAGE_SIZE, NULL));
        CHECK_OK(cap_identify(frames[i], &sent[i]));
    }
    CHECK_OK(echo_pass_two(echo, frames[0], frames[1], &got[0], &got[1]));
    for (unsigned i = 0; i < 2; i++) {
        CHECK_OK(cap_identify(got[i], &came[i]));
        CHECK(came[i].base == sent[i].base && came[i].type == sent[i].type);
        CHECK_OK(ram_free(got[i]));
    }
    member->calls++;
}

static void ask_later(struct member *member)
{
    const uint64_t value = mark(member);
    uint64_t same = 0;
    CHECK_OK(echo_later(echo, below(member, LATER_MS), value, &same));
    CHECK(same == value);
    member->calls++;
}

static void ask_failure(struct member *member)
{
    const errval_t error = err_push(RPC_ERR_BUSY, below(member, 2) ? LIB_ERR_MALLOC_FAIL : LIB_ERR_RAM_ALLOC);
    CHECK(echo_fail(echo, error) == error);
    member->calls++;
}

void ask_echo(struct member *member)
{
    static void (*const questions[])(struct member *) = {
        ask_numbers, ask_numbers, ask_numbers, ask_bytes, ask_bytes,   ask_buffer,
        ask_array,   ask_string,  ask_caps,    ask_later, ask_failure,
    };
    questions[below(member, ARRAY_LENGTH(questions))](member);
}
