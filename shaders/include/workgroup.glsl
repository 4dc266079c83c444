// The size of a workgroup is chosen when a pipeline is made; nothing here depends on the subgroups' size.
layout(constant_id = 0) const uint WORKGROUP = 64u;
layout(local_size_x_id = 0) in;

// Workgroups in x reach 65535 on some devices, so that long runs go on in z.
uint group_index() {
    return gl_WorkGroupID.x + gl_WorkGroupID.z * gl_NumWorkGroups.x;
}

shared float workgroup_values[WORKGROUP];

// The sum (largest) over all invocations of the workgroup; all must call it.
float workgroup_sum(float value) {
    const uint me = gl_LocalInvocationIndex;
    workgroup_values[me] = value;
    barrier();
    for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (me < half_size) workgroup_values[me] += workgroup_values[me + half_size];
        barrier();
    }
    const float result = workgroup_values[0];
    barrier();
    return result;
}

float workgroup_max(float value) {
    const uint me = gl_LocalInvocationIndex;
    workgroup_values[me] = value;
    barrier();
    for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
        if (me < half_size) workgroup_values[me] = max(workgroup_values[me], workgroup_values[me + half_size]);
        barrier();
    }
    const float result = workgroup_values[0];
    barrier();
    return result;
}
