# The one list of what is compiled of the shaders: kinglet_shader(NAME SOURCE [DEFINITIONS]).
set(KINGLET_SHADER_FORMATS f32 f16 bf16 q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k iq4_nl iq4_xs iq1_s iq1_m iq2_xxs iq2_xs
  iq2_s iq3_xxs iq3_s tq1_0 tq2_0 mxfp4)
foreach(format ${KINGLET_SHADER_FORMATS})
  string(TOUPPER "FORMAT_${format}" definition)
  kinglet_shader(matvec_${format} matvec ${definition})
  kinglet_shader(matvec_subgroup_${format} matvec ${definition} SUBGROUP)
  kinglet_shader(matmul_${format} matmul ${definition})
  kinglet_shader(matmul_fp16_${format} matmul ${definition} FLOAT16)
  kinglet_shader(embed_${format} embed ${definition})
endforeach()
foreach(format q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k iq4_nl iq4_xs mxfp4)  # those with HAS_QUANTS
  string(TOUPPER "FORMAT_${format}" definition)
  kinglet_shader(matmul_int8_${format} matmul_int8 ${definition})
endforeach()
foreach(format f32 f16 q8_0 q4_0)  # what keys and values are kept in
  string(TOUPPER "FORMAT_${format}" definition)
  kinglet_shader(attention_${format} attention ${definition})
  kinglet_shader(store_${format} store ${definition})
endforeach()
foreach(name norm quantize rope attention_merge map softmax argmax experts blend convolution delta_net limit_fma mamba)
  kinglet_shader(${name} ${name})
endforeach()
