#include "messages.h"

#include <rt/syscall.h>
#include <string.h>

#define AREA_BYTES 4096
#define FRAMES     4

static struct lmp_chan chan; ///< To ourselves, with an area for bytes.
static struct capref frames[FRAMES];
static struct capability_info made[FRAMES];

static errval_t send(uint64_t flags, const struct capref *caps, unsigned count, const void *bytes,
                     size_t length)
{
    uint64_t address[FRAMES] = {0};
    for (unsigned i = 0; i < count; i++) {
        address[i] = get_cap_addr(caps[i]);
    }
    return sys_lmp_with(SYS_LMP | flags | LMP_CAPS((uint64_t)count) | 2 << LMP_COUNT_SHIFT,
                        get_cap_addr(chan.remote_cap), address[0] | address[1] << 32,
                        address[2] | address[3] << 32, (uintptr_t)bytes, length, count, length, 0, 0, 0, 0, 0,
                        0)
        .err;
}

static void add_slots(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        CHECK_OK(lmp_chan_alloc_recv_slot(&chan));
    }
}

/// Takes a message with capabilities, which must be those frames.
static void receive(unsigned first, unsigned count, struct capref *got)
{
    struct lmp_message m;
    struct capability_info info;
    CHECK(lmp_endpoint_take(chan.endpoint, &m));
    CHECK(lmp_header_caps(m.header) == count && m.w0 == count);
    lmp_endpoint_take_caps(chan.endpoint, count, got);
    for (unsigned i = 0; i < count; i++) {
        CHECK_OK(cap_identify(got[i], &info));
        CHECK(info.type == ObjType_Frame && info.base == made[first + i].base);
    }
}

static void test_several(void)
{
    struct capref got[FRAMES], more[FRAMES];
    add_slots(LMP_RECV_SLOTS);
    CHECK_ERR(lmp_chan_alloc_recv_slot(&chan), LIB_ERR_LMP_RECV_SLOTS);
    CHECK_OK(send(LMP_GIVE(1) | LMP_GIVE(2), frames, 4, NULL, 0));
    CHECK_OK(send(0, frames, 1, NULL, 0));
    CHECK_OK(send(0, frames + 3, 1, NULL, 0));
    CHECK(lmp_chan_recv_slots(&chan) == 2);
    CHECK_ERR(lmp_chan_alloc_recv_slot(&chan), LIB_ERR_LMP_RECV_SLOTS); // the others have not been taken yet
    receive(0, 4, got);
    receive(0, 1, more);
    receive(3, 1, more + 1);
    CHECK_ERR(send(0, frames + 1, 1, NULL, 0), SYS_ERR_LMP_CAP_SOURCE); // it was given
    CHECK_OK(cap_destroy(more[0]));
    CHECK_OK(cap_destroy(more[1]));
    CHECK_OK(cap_destroy(got[0]));
    CHECK_OK(cap_destroy(got[3]));
    for (unsigned i = 1; i <= 2; i++) {
        CHECK_OK(slot_free(frames[i]));
        frames[i] = got[i];
    }
}

static void test_whole_or_not(void)
{
    struct capability_info info;
    const struct capref nothing[] = {frames[0], frames[1], frames[2], chan.local_cap};
    struct capref empty, twice[] = {frames[0], frames[1], frames[2], frames[1]};
    CHECK_OK(slot_alloc(&empty));
    CHECK(lmp_chan_recv_slots(&chan) == 2);
    CHECK_ERR(send(LMP_GIVE(0), nothing, 3, NULL, 0), SYS_ERR_LMP_CAP_NO_SLOT);
    add_slots(2);
    twice[3] = empty;
    CHECK_ERR(send(LMP_GIVE(0), twice, 4, NULL, 0), SYS_ERR_LMP_CAP_SOURCE);
    twice[3] = frames[1];
    CHECK_ERR(send(LMP_GIVE(0) | LMP_GIVE(1) | LMP_GIVE(3), twice, 4, NULL, 0), SYS_ERR_CAP_NOT_FOUND);
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK_OK(cap_identify(frames[i], &info));
        CHECK(info.base == made[i].base);
    }
    CHECK(lmp_chan_recv_slots(&chan) == 4 && !lmp_chan_can_recv(&chan));
    CHECK_OK(slot_free(empty));
}

/// lmp_chan_recv() without a place for capabilities drops them all, and its slots take the next ones.
static void test_dropped(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref first;
    for (unsigned i = 0; i < 20; i++) {
        CHECK_OK(send(0, frames, 4, NULL, 0));
        CHECK_OK(lmp_chan_recv(&chan, &msg, NULL));
        CHECK(lmp_chan_recv_slots(&chan) == 4);
    }
    CHECK_OK(send(0, frames, 3, NULL, 0));
    CHECK_OK(lmp_chan_recv(&chan, &msg, &first));
    CHECK(lmp_chan_recv_slots(&chan) == 3);
    CHECK_OK(cap_destroy(first));
}

static void check_bytes(const char *expected, size_t length)
{
    struct lmp_message m;
    size_t came;
    CHECK(lmp_endpoint_take(chan.endpoint, &m));
    CHECK(lmp_header_has_bytes(m.header) && m.w1 == length);
    const char *area = lmp_endpoint_bytes(chan.endpoint, &came);
    CHECK(came == length && memcmp(area, expected, length) == 0);
}

static void test_bytes(void)
{
    static const size_t lengths[] = {1, 7, 8, 63, 64, 65, 1000, AREA_BYTES - 1, AREA_BYTES};
    static char text[2 * AREA_BYTES + 64];
    struct capref got;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)(i * 11 + i / 256);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(lengths); i++) {
        for (size_t offset = 0; offset < 12; offset += 3) {
            const char *from = text + offset + (i % 2) * (AREA_BYTES - 10);
            CHECK_OK(send(LMP_FLAG_BYTES, NULL, 0, from, lengths[i]));
            CHECK(lmp_err_is_transient(send(LMP_FLAG_BYTES, NULL, 0, from, 1)));
            check_bytes(from, lengths[i]);
            lmp_endpoint_bytes_done(chan.endpoint);
        }
    }
    CHECK_ERR(send(LMP_FLAG_BYTES, NULL, 0, text, AREA_BYTES + 1), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(send(LMP_FLAG_BYTES, NULL, 0, text, 0), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(send(LMP_FLAG_BYTES, NULL, 0, (void *)0x1000, 8), SYS_ERR_INVALID_USER_ADDRESS);
    CHECK_ERR(send(LMP_FLAG_BYTES, NULL, 0, (void *)~0UL, 8), SYS_ERR_INVALID_USER_ADDRESS);
    CHECK_ERR(send(LMP_FLAG_BYTES | LMP_GIVE(0), frames, 1, (void *)0x1000, 8), SYS_ERR_INVALID_USER_ADDRESS);
    CHECK_OK(send(LMP_FLAG_BYTES, frames, 1, text, 100));
    check_bytes(text, 100);
    lmp_endpoint_bytes_done(chan.endpoint);
    lmp_endpoint_take_caps(chan.endpoint, 1, &got);
    CHECK_OK(cap_destroy(got));
}

/// The memory ends half way: nothing is sent.
static void test_unmapped_half_way(void)
{
    struct capref frame;
    char *pages;
    CHECK_OK(frame_alloc(&frame, 2 * BASE_PAGE_SIZE, NULL));
    CHECK_OK(paging_map_frame(get_current_paging_state(), (void **)&pages, 2 * BASE_PAGE_SIZE, frame));
    memset(pages, 'x', 2 * BASE_PAGE_SIZE);
    CHECK_OK(send(LMP_FLAG_BYTES, NULL, 0, pages + BASE_PAGE_SIZE - 50, 100));
    check_bytes(pages, 100);
    lmp_endpoint_bytes_done(chan.endpoint);
    CHECK_ERR(send(LMP_FLAG_BYTES | LMP_GIVE(0), frames, 1, pages + 2 * BASE_PAGE_SIZE - 50, 100),
              SYS_ERR_INVALID_USER_ADDRESS);
    CHECK(!lmp_chan_can_recv(&chan));
    CHECK_OK(paging_unmap(get_current_paging_state(), pages));
    CHECK_ERR(send(LMP_FLAG_BYTES, NULL, 0, pages, 100), SYS_ERR_INVALID_USER_ADDRESS);
    CHECK_OK(ram_free(frame));
}

void test_attachments(void)
{
    CHECK_OK(lmp_chan_accept_linked_with_area(&chan, DEFAULT_LMP_BUF_WORDS, AREA_BYTES, &chan.remote_cap));
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK_OK(frame_alloc(&frames[i], BASE_PAGE_SIZE, NULL));
        CHECK_OK(cap_identify(frames[i], &made[i]));
    }
    test_several();
    test_whole_or_not();
    test_dropped();
    test_bytes();
    test_unmapped_half_way();
    // What came, and was not asked for, goes with the channel.
    CHECK_OK(send(0, frames, 2, NULL, 0));
    lmp_chan_destroy(&chan);
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK_OK(ram_free(frames[i]));
    }
}
