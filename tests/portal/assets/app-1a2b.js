console.log('a line that repeats itself');
console.log('a line that repeats itself');
console.log('a line that repeats itself');
console.log('a line that repeats itself');
console.log('a line that repeats itself');
console.log('a line that repeats itself');
