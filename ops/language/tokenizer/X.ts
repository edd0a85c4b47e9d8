export * from "./make_tokenizer.ts";
export * from "./train_tokenizer.ts";
