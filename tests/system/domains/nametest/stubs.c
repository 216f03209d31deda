#include "parts.h"
int play_role(const char *role, const char *own, const char *other, uint64_t seed)
{
    (void)role;
    (void)own;
    (void)other;
    (void)seed;
    return 1;
}
void test_limits(const struct arguments *a)
{
    (void)a;
}
void test_ends(const struct arguments *a)
{
    (void)a;
}
void test_circles(const struct arguments *a)
{
    (void)a;
}
void test_restart(const struct arguments *a)
{
    (void)a;
}
void test_storm(const struct arguments *a)
{
    (void)a;
}
