#include "fake_kernel.h"
#include "arena.h"

#include <abi/syscall.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_kernel fake_kernel;
jmp_buf fake_panic_jump;
bool fake_panic_expected;

void fake_kernel_reset(void)
{
    fake_kernel = (struct fake_kernel){.dispatcher_frame = 0x10000};
    fake_panic_expected = false;
}

struct cte *fake_kernel_start(size_t slots)
{
    arena_reset(ARENA_DEFAULT_BASE);
    fake_kernel_reset();
    return arena_take_slots(slots);
}

void memory_zero(lpaddr_t base, gensize_t bytes)
{
    if (base % 1024 != 0 || bytes % 1024 != 0) {
        panic("memory_zero(0x%lx, 0x%lx)", (unsigned long)base, (unsigned long)bytes);
    }
    memset(phys_to_virt(base), 0, bytes);
    fake_kernel.zeroed_bytes += bytes;
    fake_kernel.longest_zero = bytes > fake_kernel.longest_zero ? bytes : fake_kernel.longest_zero;
}

void dispatcher_destroy(lpaddr_t dcb)
{
    fake_kernel.destroyed_count++;
    fake_kernel.destroyed = dcb;
}

void dispatcher_lose_part(struct cte *part)
{
    (void)part;
    fake_kernel.lost_parts++;
}

void interrupt_lose_endpoint(struct cte *endpoint)
{
    (void)endpoint;
    fake_kernel.lost_endpoints++;
}

__attribute__((weak)) void lmp_lose_link(const struct capability *endpoint)
{
    fake_kernel.lost_links++;
    fake_kernel.lost_ring = endpoint->aux32;
}

gensize_t dispatcher_frame_bytes(lpaddr_t dcb)
{
    (void)dcb;
    return fake_kernel.dispatcher_frame;
}

uint64_t fake_pte(unsigned level, lpaddr_t target, bool leaf, bool device, uint64_t flags)
{
    return target | level << 10 | (uint64_t)leaf << 9 | (uint64_t)device << 8 | (leaf ? flags << 1 : 0) | 1;
}

uint64_t fake_read_pte(lpaddr_t vnode, size_t entry)
{
    return ((uint64_t *)phys_to_virt(vnode))[entry];
}

bool fake_vnode_in_use(lpaddr_t vnode, size_t entry, size_t count)
{
    const uint64_t *table = phys_to_virt(vnode);
    for (size_t i = 0; i < count; i++) {
        if (table[entry + i] != 0) {
            return true;
        }
    }
    return false;
}

bool vnode_write(lpaddr_t pte, unsigned level, size_t count, lpaddr_t target, bool leaf, bool device,
                 uint64_t flags)
{
    uint64_t *entries = phys_to_virt(pte);
    if (fake_vnode_in_use(pte, 0, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = fake_pte(level, target + (i << (39 - 9 * level)), leaf, device, flags);
    }
    return true;
}

void vnode_clear(lpaddr_t pte, size_t count)
{
    memset(phys_to_virt(pte), 0, count * sizeof(uint64_t));
}

void vnode_permit(lpaddr_t pte, size_t count, uint64_t flags)
{
    const uint64_t permissions = (VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE) << 1;
    uint64_t *table = phys_to_virt(pte);
    for (size_t i = 0; i < count; i++) {
        table[i] = (table[i] & ~permissions) | (flags << 1 & permissions);
    }
}

void vnode_forget(lvaddr_t address, size_t count, gensize_t span)
{
    fake_kernel.forgotten = address;
    fake_kernel.forgotten_count = count;
    fake_kernel.forgotten_span = span;
}

void vnode_forget_all(void)
{
    fake_kernel.forgot_all++;
}

lpaddr_t virt_to_phys(const void *va)
{
    return window_to_phys(va);
}

void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_kernel.panic_text, sizeof fake_kernel.panic_text, format, arguments);
    va_end(arguments);
    if (fake_panic_expected) {
        fake_panic_expected = false;
        longjmp(fake_panic_jump, 1);
    }
    fprintf(stderr, "panic: %s\n", fake_kernel.panic_text);
    abort();
}
