/**
 * Memory of the memory server: it is as large as it should be, nobody else's, and goes back.
 */
#include "swarm.h"

#include <interfaces/mem.h>

#define PIECE_PAGES 8

static struct rpc_client *mem;

void mem_open(void)
{
    CHECK_OK(rpc_connect("mem", &mem_interface, &mem));
}

/// Writes all over it, lets others run, and finds what it wrote.
static void use(struct member *member, struct capref ram, size_t bytes)
{
    struct capref frame;
    void *memory;
    CHECK_OK(slot_alloc(&frame));
    CHECK_OK(cap_retype(frame, ram, 0, ObjType_Frame, bytes, 1));
    CHECK_OK(paging_map_frame(get_current_paging_state(), &memory, bytes, frame));
    volatile uint64_t *words = memory;
    const uint64_t mark = (uint64_t)member->number << 32 | below(member, UINT32_MAX);
    for (size_t i = 0; i < bytes / sizeof(*words); i += 64) {
        CHECK(words[i] == 0); // nothing of others is left in it
        words[i] = mark + i;
    }
    sys_yield(0);
    for (size_t i = 0; i < bytes / sizeof(*words); i += 64) {
        CHECK(words[i] == mark + i);
    }
    CHECK_OK(paging_unmap(get_current_paging_state(), memory));
    CHECK_OK(cap_destroy(frame));
}

static void take_and_give(struct member *member)
{
    const uint64_t wanted = (1 + below(member, PIECE_PAGES)) * BASE_PAGE_SIZE;
    const uint64_t alignment = (uint64_t)BASE_PAGE_SIZE << below(member, 4);
    struct capability_info info;
    struct capref ram;
    uint64_t bytes = 0;
    CHECK_OK(mem_get_ram(mem, wanted, alignment, &ram, &bytes));
    CHECK_OK(cap_identify(ram, &info));
    CHECK(info.type == ObjType_RAM && info.bytes == bytes && bytes >= wanted && info.base % alignment == 0);
    use(member, ram, BASE_PAGE_SIZE * (1 + below(member, (uint32_t)(bytes / BASE_PAGE_SIZE))));
    CHECK_OK(mem_free_ram(mem, info.base, info.bytes));
    CHECK(err_no(cap_identify(ram, &info)) == SYS_ERR_CAP_NOT_FOUND); // it was revoked
    CHECK_OK(slot_free(ram));
    member->calls += 2;
}

static void ask_too_much(struct member *member)
{
    struct capref ram;
    uint64_t bytes;
    CHECK_ERR(mem_get_ram(mem, 1UL << 40, BASE_PAGE_SIZE, &ram, &bytes), MEM_ERR_QUOTA);
    CHECK_ERR(mem_get_ram(mem, BASE_PAGE_SIZE, 3, &ram, &bytes), MEM_ERR_ARGUMENT);
    CHECK_ERR(mem_free_ram(mem, 0, BASE_PAGE_SIZE), MEM_ERR_FOREIGN);
    member->calls += 3;
}

static void ask_status(struct member *member)
{
    uint64_t total, available, granted, quota, sessions;
    CHECK_OK(mem_status(mem, &total, &available, &granted, &quota, &sessions));
    CHECK(available <= total && granted <= quota && sessions > 0);
    member->calls++;
}

void ask_mem(struct member *member)
{
    switch (below(member, 4)) {
    case 0:
        ask_too_much(member);
        break;
    case 1:
        ask_status(member);
        break;
    default:
        take_and_give(member);
    }
}
