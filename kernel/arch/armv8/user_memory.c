#include <abi/bootinfo.h>
#include <arch/armv8/layout.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/user_memory.h>
#include <cap/cap.h>
#include <string.h>

#define PAR_FAILED    1
#define PAR_ATTR(par) ((par) >> 56)
#define ATTR_NORMAL   0xff

/// Physical address behind a user address that user level may read, by the hardware's own translation. Device
/// memory does not count: it is not in the window.
static bool translate(lvaddr_t address, lpaddr_t *physical)
{
    __asm__ volatile("at s1e0r, %0\n\tisb" : : "r"(address) : "memory");
    const uint64_t par = sysreg_read(par_el1);
    if ((par & PAR_FAILED) || PAR_ATTR(par) != ATTR_NORMAL) {
        return false;
    }
    *physical = (par & PTE_ADDRESS) | (address & (BASE_PAGE_SIZE - 1));
    return true;
}

/// The compiler copies it in pairs of registers. Neither side is aligned.
struct block {
    uint64_t words[16];
} __attribute__((packed));

struct unaligned_word {
    uint64_t word;
} __attribute__((packed));

static void copy_fast(char *to, const char *from, size_t bytes)
{
    for (; bytes >= sizeof(struct block); bytes -= sizeof(struct block)) {
        *(struct block *)to = *(const struct block *)from;
        to += sizeof(struct block);
        from += sizeof(struct block);
    }
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t)) {
        *(struct unaligned_word *)to = *(const struct unaligned_word *)from;
        to += sizeof(uint64_t);
        from += sizeof(uint64_t);
    }
    while (bytes-- > 0) {
        *to++ = *from++;
    }
}

static void copy_plain(char *to, const char *from, size_t bytes)
{
    memcpy(to, from, bytes);
}

/// Page by page.
static inline __attribute__((always_inline)) bool copy_from_user(lvaddr_t address, void *to, size_t bytes,
                                                                 void (*copy)(char *to, const char *from,
                                                                              size_t bytes))
{
    char *at = to;
    if (address >= USER_LIMIT || bytes > USER_LIMIT - address) {
        return false;
    }
    while (bytes > 0) {
        lpaddr_t physical;
        const size_t in_page = BASE_PAGE_SIZE - (address & (BASE_PAGE_SIZE - 1));
        const size_t piece = bytes < in_page ? bytes : in_page;
        if (!translate(address, &physical)) {
            return false;
        }
        copy(at, phys_to_virt(physical), piece);
        at += piece;
        address += piece;
        bytes -= piece;
    }
    return true;
}

bool user_memory_read(lvaddr_t address, void *to, size_t bytes)
{
    return copy_from_user(address, to, bytes, copy_plain);
}

bool user_memory_copy(lvaddr_t address, void *to, size_t bytes)
{
    return copy_from_user(address, to, bytes, copy_fast);
}
