/**
 * Every shape of message, with lengths around every boundary: registers, a page, a piece of any transport,
 * the longest.
 */
#include "rpctest.h"

#include <stdio.h>

#define ROOM_BYTES      (RPC_MAX_BYTES + 64)
#define CORE_ROOM_BYTES 0x180000UL ///< More than any of `lengths`.
#define ROUNDS          3
#define MIDDLE_BYTES    10000
#define PROBE_BYTES     65536UL
#define PROBE_CYCLES    1000000UL
#define FRAMES          4

static const size_t lengths[] = {
    0,     1,     2,     7,     8,      9,      39,     40,     41,     47,      48,      49,      55,   56,
    57,    63,    64,    65,    2048,   4079,   4080,   4088,   4095,   4096,    4097,    8191,    8192, 8193,
    16384, 65535, 65536, 65537, 131072, 131073, 262143, 262144, 262145, 1048575, 1048576, 1048577,
};

static uint8_t *out, *back;

/// Each place has a byte of its own, in each message another one.
static void fill_out(size_t bytes)
{
    static uint8_t first;
    first += 17;
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(first + i + (i >> 8) + (i >> 16));
    }
}

static void test_numbers(struct rpc_client *echo)
{
    static const uint64_t values[] = {0, 1, 0x7fffffff, 0x100000000, INT64_MAX, UINT64_MAX};
    uint64_t sum;
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        const uint64_t v = values[i];
        check_service(echo, v);
        CHECK_OK(echo_numbers(echo, v, 1, v, 2, &sum));
        CHECK(sum == 2 * v + 3);
        CHECK_OK(echo_seven(echo, v, 1, 2, 3, 4, 5, 6, &sum));
        CHECK(sum == v + 21);
        CHECK_OK(echo_twelve(echo, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, v, &sum));
        CHECK(sum == v + 66);
    }
    for (int a = 0; a <= UINT8_MAX; a += 51) {
        int16_t d;
        bool e;
        CHECK_OK(echo_small(echo, (uint8_t)a, INT16_MIN, a & 1, &d, &e));
        CHECK(d == (int16_t)(a + INT16_MIN) && e == !(a & 1));
        CHECK_OK(echo_small(echo, (uint8_t)a, -1, a & 1, &d, &e));
        CHECK(d == a - 1 && e == !(a & 1));
    }
}

static void test_errors(struct rpc_client *echo)
{
    static const errval_t errors[] = {MEM_ERR_QUOTA, SYS_ERR_LMP_BUF_OVERFLOW, RPC_ERR_DEPTH};
    CHECK_OK(echo_fail(echo, SYS_ERR_OK));
    for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
        const errval_t deep = err_push(err_push(errors[i], LIB_ERR_RAM_ALLOC), LIB_ERR_MALLOC_FAIL);
        CHECK(echo_fail(echo, errors[i]) == errors[i]);
        CHECK(echo_fail(echo, deep) == deep);
        check_service(echo, i);
    }
}

static void test_length(struct rpc_client *echo, size_t bytes)
{
    void *copy = NULL;
    size_t got = 0;
    uint64_t length = 0;
    fill_out(bytes);
    CHECK_OK(echo_take(echo, out, bytes, &length));
    CHECK(length == bytes);
    CHECK_OK(echo_bytes(echo, out, bytes, &copy, &got));
    CHECK(got == bytes && (bytes == 0) == (copy == NULL));
    CHECK(bytes == 0 || memcmp(copy, out, bytes) == 0);
    free(copy);
    back[bytes] = 0xa5;
    CHECK_OK(echo_buffer(echo, out, bytes, back, bytes, &got));
    CHECK(got == bytes && memcmp(back, out, bytes) == 0 && back[bytes] == 0xa5);
    CHECK_OK(echo_fill(echo, bytes, 5, back, bytes + 8, &got));
    CHECK(got == bytes && back[bytes] == 0xa5);
    for (size_t i = 0; i < bytes; i++) {
        CHECK(back[i] == (uint8_t)(i + 5));
    }
    if (bytes) {
        CHECK(echo_buffer(echo, out, bytes, back, bytes - 1, &got) == RPC_ERR_PROTOCOL);
        check_service(echo, bytes);
    }
}

static void test_string(struct rpc_client *echo, size_t bytes)
{
    uint64_t length = ~0UL;
    memset(out, 'a', bytes);
    out[bytes] = 0;
    CHECK_OK(echo_string(echo, (const char *)out, &length));
    CHECK(length == bytes);
}

static void test_array(struct rpc_client *echo, size_t count)
{
    uint32_t *values = (uint32_t *)out, *reversed = NULL;
    size_t got = 0;
    for (size_t i = 0; i < count; i++) {
        values[i] = (uint32_t)(i * 2654435761U);
    }
    CHECK_OK(echo_reverse(echo, values, count, &reversed, &got));
    CHECK(got == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(reversed[i] == values[count - 1 - i]);
    }
    free(reversed);
}

/// Strings and arrays in one message, each of another length.
static void test_mixed(struct rpc_client *echo, size_t bytes)
{
    const size_t count = bytes / 3;
    char *first = (char *)out, *second = (char *)out + bytes + 1, *both = NULL;
    uint32_t *numbers = (uint32_t *)(void *)back, *same = NULL;
    size_t got = 0;
    uint16_t tag = 0;
    uint64_t length = 0;
    memset(first, 'f', bytes);
    first[bytes] = 0;
    memset(second, 's', bytes / 2);
    second[bytes / 2] = 0;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (uint32_t)(i ^ bytes);
    }
    CHECK_OK(echo_mixed(echo, first, numbers, count, 0xfedc, second, back, bytes / 5, &both, &same, &got,
                        &tag, &length));
    CHECK(tag == 0xfedc && length == bytes / 5 && got == count);
    CHECK(strlen(both) == bytes + bytes / 2 && memcmp(both, first, bytes) == 0);
    CHECK(strcmp(both + bytes, second) == 0);
    CHECK(count == 0 || memcmp(same, numbers, count * sizeof(*numbers)) == 0);
    free(both);
    free(same);
}

static bool is_frame_at(struct capref cap, genpaddr_t base)
{
    struct capability_info info;
    return err_is_ok(cap_identify(cap, &info)) && info.type == ObjType_Frame && info.base == base;
}

static bool is_empty(struct capref slot)
{
    struct capability_info info;
    return err_no(cap_identify(slot, &info)) == SYS_ERR_CAP_NOT_FOUND;
}

/// Capabilities in any position, copied and given.
/// Monitors do not pass on what came from another core: it gets there, and does not come back.
static void test_foreign_caps(struct rpc_client *echo)
{
    struct capref frames[2], got[2];
    struct capability_info info[2];
    for (unsigned i = 0; i < FRAMES; i++) {
        for (unsigned n = 0; n < 2; n++) {
            CHECK_OK(frame_alloc(&frames[n], BASE_PAGE_SIZE, NULL));
            CHECK_OK(cap_identify(frames[n], &info[n]));
        }
        if (i % 2) {
            CHECK_ERR(echo_pass_one(echo, frames[0], &got[0]), MON_ERR_CAP_FOREIGN);
            CHECK_OK(ram_free(frames[1]));
        } else {
            CHECK_ERR(echo_pass_two(echo, frames[0], frames[1], &got[0], &got[1]), MON_ERR_CAP_FOREIGN);
            CHECK_OK(ram_free_region(info[1].base, info[1].bytes));
        }
        CHECK_OK(ram_free_region(info[0].base, info[0].bytes));
        check_service(echo, i);
    }
}

static void test_caps(struct rpc_client *echo)
{
    struct capref frames[FRAMES], got[FRAMES];
    struct capability_info info[FRAMES];
    uint32_t tag = 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK_OK(frame_alloc(&frames[i], BASE_PAGE_SIZE, NULL));
        CHECK_OK(cap_identify(frames[i], &info[i]));
    }
    for (unsigned round = 0; round < 2; round++) {
        const struct capref given = frames[1];
        CHECK_OK(echo_caps(echo, round, frames[0], given, frames[2], &got[0], &got[1], &tag));
        CHECK(tag == round && is_frame_at(got[0], info[1].base));
        CHECK(is_frame_at(got[1], info[round == 0 ? 0 : 2].base));
        CHECK(capcmp(given, got[0]) || is_empty(given));
        CHECK(is_frame_at(frames[0], info[0].base) && is_frame_at(frames[2], info[2].base));
        CHECK_OK(cap_destroy(got[1]));
        frames[1] = got[0];
    }
    CHECK_OK(
        echo_pass_four(echo, frames[3], frames[0], frames[2], frames[1], &got[0], &got[1], &got[2], &got[3]));
    CHECK(is_frame_at(got[0], info[3].base) && is_frame_at(got[1], info[0].base));
    CHECK(is_frame_at(got[2], info[2].base) && is_frame_at(got[3], info[1].base));
    CHECK_OK(echo_pass_one(echo, got[2], &frames[0]));
    CHECK(is_frame_at(frames[0], info[2].base));
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK_OK(ram_free(i == 2 ? frames[0] : got[i]));
    }
}

/// A call whose capabilities are not there fails, and that is all.
static void test_missing_cap(struct rpc_client *echo)
{
    struct capref empty, frame, got;
    CHECK_OK(slot_alloc(&empty));
    CHECK(err_is_fail(echo_pass_one(echo, NULL_CAP, &got)));
    check_service(echo, 1);
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    struct capability_info info;
    CHECK_OK(cap_identify(frame, &info));
    CHECK(err_is_fail(echo_pass_two(echo, frame, empty, &got, &got)));
    check_service(echo, 2);
    CHECK_OK(ram_free_region(info.base, info.bytes)); // it is nobody's now
}

static void take_longest(struct rpc_client *echo)
{
    static const size_t sizes[] = {RPC_MAX_BYTES - 1, RPC_MAX_BYTES};
    uint64_t length = 0;
    void *got;
    size_t got_bytes;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        CHECK_OK(echo_take(echo, out, sizes[i], &length));
        CHECK(length == sizes[i]);
    }
    CHECK_OK(echo_fill(echo, RPC_MAX_BYTES, 9, back, RPC_MAX_BYTES, &got_bytes));
    CHECK(got_bytes == RPC_MAX_BYTES && back[0] == 9 && back[RPC_MAX_BYTES - 1] == 8);
    CHECK(echo_take(echo, out, RPC_MAX_BYTES + 1, &length) == RPC_ERR_TOO_LONG);
    CHECK(echo_bytes(echo, out, SIZE_MAX / 2, &got, &got_bytes) == RPC_ERR_TOO_LONG);
    CHECK(echo_take(echo, out, SIZE_MAX, &length) == RPC_ERR_TOO_LONG);
    check_service(echo, 3);
}

static void test_notes(struct rpc_client *echo)
{
    uint64_t count, sum, sent = 0;
    CHECK_OK(echo_notes(echo, &count, &sum));
    CHECK(count == 0 && sum == 0);
    for (uint64_t i = 1; i <= 1000; i++) {
        errval_t err;
        while ((err = echo_note(echo, i)) == RPC_ERR_BUSY) {
            thread_yield();
        }
        CHECK_OK(err);
        sent += i;
    }
    CHECK_OK(echo_notes(echo, &count, &sum));
    CHECK(count == 1000 && sum == sent);
}

/// \param longest of the lengths
static void test_all(const char *service, size_t longest)
{
    struct rpc_client *echo = connect_to(service);
    test_numbers(echo);
    test_errors(echo);
    for (size_t i = 0; i < ARRAY_LENGTH(lengths) && lengths[i] <= longest; i++) {
        test_length(echo, lengths[i]);
        test_string(echo, lengths[i]);
        test_array(echo, lengths[i] / sizeof(uint32_t));
        test_mixed(echo, lengths[i]);
    }
    if (server_core < 0) {
        test_caps(echo);
    } else {
        test_foreign_caps(echo);
    }
    test_missing_cap(echo);
    test_notes(echo);
    rpc_disconnect(echo);
}

static void get_room(void)
{
    // Memory of other cores is less, and the longest messages are not sent there.
    const size_t bytes = server_core < 0 ? ROOM_BYTES : CORE_ROOM_BYTES;
    out = malloc(bytes);
    back = malloc(bytes);
    CHECK(out && back);
}

static void free_room(void)
{
    free(out);
    free(back);
}

/// Up to which length all is tried: some ways of transport are slow.
static size_t fast_bytes(const char *service)
{
    struct rpc_client *echo = connect_to(service);
    uint64_t length;
    uint64_t begin = cycle_count();
    CHECK_OK(echo_take(echo, out, PROBE_BYTES, &length));
    bool is_fast = cycle_count() - begin < PROBE_CYCLES;
    if (!is_fast) {
        test_string(echo, 1048577);
        test_length(echo, 262145);
    }
    rpc_disconnect(echo);
    return is_fast ? SIZE_MAX : 2 * PROBE_BYTES;
}

void test_shapes(void)
{
    uint32_t server = server_start("shapes");
    gensize_t before = 0;
    get_room();
    test_all("shapes", fast_bytes("shapes"));
    for (unsigned round = 0; round < ROUNDS; round++) {
        test_all("shapes", MIDDLE_BYTES);
        gensize_t now = ram_alloc_free_bytes() + ram_alloc_kept_bytes();
        CHECK(round == 0 || now == before); // all that is made once has been made
        before = now;
    }
    free_room();
    domain_kill(server);
    domain_wait(server);
}

void test_longest(void)
{
    uint32_t server = server_start("longest");
    struct rpc_client *echo = connect_to("longest");
    get_room();
    take_longest(echo);
    free_room();
    rpc_disconnect(echo);
    domain_kill(server);
    domain_wait(server);
}
