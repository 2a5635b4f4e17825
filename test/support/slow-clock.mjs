// Loaded ahead of a program (`node --import`), makes its clock run at a hundredth of its pace from SLOW_SINCE on, in
// milliseconds since 1970: what took seconds because the machine was busy took no time.
const PACE = 0.01;
const since = Number(process.env["SLOW_SINCE"]);
const now = Date.now.bind(Date);
Date.now = () => Math.round(since + (now() - since) * PACE);
