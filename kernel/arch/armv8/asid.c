#include <arch/armv8/asid.h>
#include <arch/armv8/sysreg.h>

#define ASIDS     65536
#define WORD_BITS 64

static uint64_t taken[ASIDS / WORD_BITS] = {1};
static unsigned next_word;

bool asid_take(uint16_t *asid)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(taken); i++) {
        const unsigned word = (next_word + i) % ARRAY_LENGTH(taken);
        if (~taken[word] != 0) {
            const unsigned bit = (unsigned)__builtin_ctzl(~taken[word]);
            taken[word] |= 1UL << bit;
            next_word = word;
            *asid = (uint16_t)(word * WORD_BITS + bit);
            return true;
        }
    }
    return false;
}

void asid_return(uint16_t asid)
{
    __asm__ volatile("tlbi aside1, %0\n\tdsb ish\n\tisb" : : "r"((uint64_t)asid << 48) : "memory");
    taken[asid / WORD_BITS] &= ~(1UL << asid % WORD_BITS);
}
