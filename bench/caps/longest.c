#include <aos/aos.h>
#include <caps/longest.h>
#include <rt/syscall.h>

errval_t longest_entry(unsigned command, struct capref cap, struct bench_sample *sample)
{
    struct sys_result result;
    sample->begin = sample->end = 0;
    do {
        uint64_t begin = cycle_count();
        result = sys_invoke(TASKCN_SLOT_ROOTCN, command, SLOT_REF(get_croot_addr(cap), get_cap_addr(cap)), 0,
                            SLOT_LEVELS(get_cap_level(cap), 0, 0), 0, 0, 0);
        uint64_t end = cycle_count();
        if (end - begin > sample->end - sample->begin) {
            sample->begin = begin;
            sample->end = end;
        }
    } while (result.err == SYS_ERR_RESTART);
    return result.err;
}
